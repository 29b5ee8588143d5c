namespace Highwater.Tidy.Tests;

public sealed class SizeTests
{
    private const int MedianLines = 70;
    private const int NinetiethPercentileLines = 180;

    [Fact]
    public void Half_of_the_production_files_fit_on_a_screen_and_nine_in_ten_on_two()
    {
        var lines = Checkout.CSharp.Where(file => file.IsProduction).Select(file => file.Lines.Count).Order().ToList();
        Assert.InRange(Percentile(lines, 50), 1, MedianLines);
        Assert.InRange(Percentile(lines, 90), 1, NinetiethPercentileLines);
    }

    private static int Percentile(List<int> sorted, int percent) =>
        sorted[Math.Max(0, (int)Math.Ceiling(sorted.Count * percent / 100.0) - 1)];
}
