using System.Diagnostics;
using System.Globalization;
using Highwater.Engine.Errors;

namespace Highwater.Engine.Restore;

/// <summary>The operating system user that restored files are given to.</summary>
/// <param name="Name">As asked for, such as <c>postgres</c> or <c>postgres:postgres</c>.</param>
/// <param name="User">Its number.</param>
/// <param name="Group">Its group's number.</param>
internal sealed record FileOwner(string Name, uint User, uint Group)
{
    private const string Postgres = "postgres";

    /// <summary>
    /// Who is to own the files: whom the operator named, else <c>postgres</c> for root, under whom PostgreSQL does not
    /// run. Null leaves them with whoever runs this.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.UsageInvalid"/>: there is no such user or
    /// group.</exception>
    public static async Task<FileOwner?> FindAsync(string? asked, CancellationToken cancellationToken)
    {
        if (asked is null && !Environment.IsPrivilegedProcess)
            return null;
        var parts = (asked ?? Postgres).Split(':');
        var user = await NumberAsync("-u", parts[0], cancellationToken);
        var group = parts.Length > 1
            ? await GroupAsync(parts[1], cancellationToken)
            : await NumberAsync("-g", parts[0], cancellationToken);
        if (user is { } uid && group is { } gid)
            return new FileOwner(asked ?? Postgres, uid, gid);
        return asked is null ? null : throw new HighwaterException(
            ErrorCodes.UsageInvalid,
            $"This machine has no user or group '{asked}' to own the restored files.",
            "name an existing one, such as --owner postgres, or create it: adduser --system --group postgres");
    }

    /// <summary>Gives the directory and all below it to the owner. Symbolic links are not followed.</summary>
    public void TakeTree(string directory)
    {
        NativeFiles.ChangeOwner(directory, User, Group);
        var all = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.None,
            IgnoreInaccessible = false,
        };
        foreach (var path in Directory.EnumerateFileSystemEntries(directory, "*", all))
            NativeFiles.ChangeOwner(path, User, Group);
    }

    /// <summary>Gives one file to the owner.</summary>
    public void TakeFile(string path) => NativeFiles.ChangeOwner(path, User, Group);

    private static async Task<uint?> GroupAsync(string name, CancellationToken cancellationToken)
    {
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number;
        var line = await RunAsync("getent", ["group", "--", name], cancellationToken);
        var field = line?.Split(':').ElementAtOrDefault(2);
        return uint.TryParse(field, CultureInfo.InvariantCulture, out number) ? number : null;
    }

    private static async Task<uint?> NumberAsync(string what, string user, CancellationToken cancellationToken) =>
        uint.TryParse(
            await RunAsync("id", [what, "--", user], cancellationToken), CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>The system's own tools know users of every directory service; files in /etc know only local
    /// ones.</summary>
    private static async Task<string?> RunAsync(string tool, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await errors;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output.Trim() : null;
    }
}
