using Highwater.Engine.Diagnostics;

namespace Highwater.Engine.Tests.Diagnostics;

public sealed class DurationTests
{
    [Theory]
    [InlineData(-5, "0 ms")]
    [InlineData(0.85, "850 ms")]
    [InlineData(0.9996, "1.0 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(59.96, "1 min")]
    [InlineData(250, "4 min 10 s")]
    [InlineData(3_599.9, "1 h")]
    [InlineData(11_100, "3 h 5 min")]
    [InlineData(187_200, "2 d 4 h")]
    public void A_time_span_is_printed_in_its_two_largest_units(double seconds, string text) =>
        Assert.Equal(text, new Duration(TimeSpan.FromSeconds(seconds)).ToString());
}
