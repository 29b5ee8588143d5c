namespace Highwater.Tidy.Tests;

/// <summary>
/// A rule every C# file keeps. It carries an example that breaks it, so that a rule that has gone blind is noticed.
/// </summary>
/// <param name="Name">Short, in kebab case; what <see cref="Exemptions"/> refer to.</param>
/// <param name="Violations">What is wrong with a file; nothing if the rule is kept.</param>
/// <param name="BadPath">Where the bad example would stand.</param>
/// <param name="BadExample">A file that breaks the rule.</param>
internal sealed record CodeRule(
    string Name, Func<SourceFile, IEnumerable<string>> Violations, string BadPath, string BadExample)
{
    public IEnumerable<string> Check(SourceFile file) =>
        Exemptions.Covers(Name, file.Path) ? [] : Violations(file).Select(what => $"{file.Path}: {what}");
}
