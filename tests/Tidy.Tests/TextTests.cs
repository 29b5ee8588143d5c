namespace Highwater.Tidy.Tests;

public sealed class TextTests
{
    // Written in two parts, so that this file does not contain them.
    private static readonly string[] Debts = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK:"];

    [Fact]
    public void No_debt_is_written_into_a_comment() =>
        Nothing.In(
            from path in Checkout.TextFiles
            from line in Checkout.Read(path).Split('\n').Index()
            where Debts.Any(debt => line.Item.Contains(debt, StringComparison.Ordinal))
            select $"{path}:{line.Index + 1}: {line.Item.Trim()}");

    [Fact]
    public void Text_files_end_with_one_newline_and_have_no_carriage_returns() =>
        Nothing.In(
            from path in Checkout.TextFiles
            let text = Checkout.Read(path)
            where text.Length > 0 && (!text.EndsWith('\n') || text.Contains('\r', StringComparison.Ordinal))
            select path);
}
