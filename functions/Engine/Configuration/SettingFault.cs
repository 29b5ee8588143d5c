namespace Highwater.Engine.Configuration;

/// <summary>One thing wrong with one setting.</summary>
/// <param name="Setting">Its name.</param>
/// <param name="Problem">What is wrong, with the value unless it is a secret.</param>
/// <param name="Example">A valid line for it.</param>
public sealed record SettingFault(string Setting, string Problem, string Example)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Setting}: {Problem} (for example {Example})";
}
