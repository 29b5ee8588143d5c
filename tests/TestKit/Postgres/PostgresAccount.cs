using System.Diagnostics;

namespace Highwater.TestKit.Postgres;

/// <summary>The account servers run under: PostgreSQL refuses root, so as root it is <c>postgres</c>, else
/// ourselves.</summary>
public static class PostgresAccount
{
    /// <summary>What setpriv needs to become that account; empty when we are it.</summary>
    public static string[] SetprivArguments { get; } =
        Environment.IsPrivilegedProcess ? ["--reuid=postgres", "--regid=postgres", "--init-groups"] : [];

    /// <summary>A tool run under that account.</summary>
    public static ProcessStartInfo Command(string file, params IEnumerable<string> arguments) =>
        SetprivArguments is []
            ? new ProcessStartInfo(file, arguments)
            : new ProcessStartInfo("setpriv", [.. SetprivArguments, "--", file, .. arguments]);

    /// <summary>Makes a directory the account owns alone.</summary>
    public static async Task CreateDirectoryAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await TakeOverAsync(path, cancellationToken);
    }

    /// <summary>Gives a directory and all below it to the account.</summary>
    public static async Task TakeOverAsync(string path, CancellationToken cancellationToken)
    {
        if (SetprivArguments is not [])
            await Tool.RunAsync(new ProcessStartInfo("chown", ["-R", "postgres:postgres", path]), cancellationToken);
    }
}
