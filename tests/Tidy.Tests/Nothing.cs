namespace Highwater.Tidy.Tests;

/// <summary>Asserts that a list of faults is empty, and prints all of them if it is not.</summary>
internal static class Nothing
{
    public static void In(IEnumerable<string> faults)
    {
        var found = faults.Distinct().ToList();
        Assert.True(found.Count == 0, $"{found.Count} fault(s):\n  " + string.Join("\n  ", found));
    }
}
