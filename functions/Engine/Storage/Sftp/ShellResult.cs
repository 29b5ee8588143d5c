namespace Highwater.Engine.Storage.Sftp;

/// <summary>What a command on the server ended with.</summary>
/// <param name="ExitCode">Its exit code, or -1 if a signal ended it.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Errors">What it complained of.</param>
internal sealed record ShellResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The last line printed that is not empty: a login shell may print before it whatever it likes.</summary>
    public string LastLine => Output.TrimEnd().Split('\n')[^1].Trim();

    public bool SaysFull => Says("No space left on device") || Says("Disk quota exceeded");

    public bool SaysDenied =>
        Says("Permission denied") || Says("Read-only file system") || Says("Operation not permitted");

    private bool Says(string words) => Errors.Contains(words, StringComparison.Ordinal);
}
