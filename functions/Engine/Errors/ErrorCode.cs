namespace Highwater.Engine.Errors;

/// <summary>
/// The stable name of one kind of trouble. Codes are printed in front of every error, are listed in the README, and are
/// never reused for something else.
/// </summary>
/// <param name="Code">For instance <c>HW201</c>.</param>
/// <param name="Name">A short name in kebab case, for instance <c>postgres-unreachable</c>.</param>
/// <param name="ExitCode">What a command that ends with this error exits with.</param>
public sealed record ErrorCode(string Code, string Name, ExitCode ExitCode)
{
    /// <inheritdoc/>
    public override string ToString() => Code;
}
