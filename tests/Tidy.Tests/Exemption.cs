namespace Highwater.Tidy.Tests;

/// <param name="Rule">The name of a <see cref="CodeRule"/>.</param>
/// <param name="Path">A file, or a folder with a slash at its end.</param>
/// <param name="Reason">Why it is right that the rule does not hold there.</param>
internal sealed record Exemption(string Rule, string Path, string Reason);
