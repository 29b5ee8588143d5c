using Highwater.Engine.Errors;

namespace Highwater.Engine.Storage;

/// <summary>
/// Where a repository is, as an operator writes it: a path, or <c>sftp://user@host:port/path</c>
/// (<c>/~/path</c> counts from the user's home on the server).
/// </summary>
/// <param name="Path">The folder.</param>
/// <param name="Host">The server, or null for a local folder.</param>
/// <param name="User">Who to log in as; null for a local folder.</param>
/// <param name="Port">The server's SSH port.</param>
public sealed record StorageAddress(string Path, string? Host = null, string? User = null, int Port = 22)
{
    private const string Example =
        "write a path such as /var/lib/postgresql/backups, or an address such as "
        + "sftp://backup@backup.example.org:22/srv/backups/main.";

    /// <exception cref="HighwaterException"><see cref="ErrorCodes.UsageInvalid"/>: it is neither.</exception>
    public static StorageAddress Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw Invalid("The repository address is empty.");
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
            return new StorageAddress(text);
        if (!text.StartsWith("sftp://", StringComparison.OrdinalIgnoreCase))
            throw Invalid($"The repository address {Shown(text)} has the scheme '{text[..scheme]}'; sftp is known.");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            throw Invalid($"The repository address {Shown(text)} cannot be understood.");
        if (uri.UserInfo.Length == 0)
            throw Invalid($"The repository address {text} names no user to log in as.");
        if (uri.UserInfo.Contains(':', StringComparison.Ordinal))
            throw Invalid($"The repository address {Shown(text)} has a password in it; only keys are used.");
        if (uri.Host.Length == 0 || uri.AbsolutePath is "" or "/" || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw Invalid($"The repository address {text} must end with a host and the path of a folder.");
        var path = Uri.UnescapeDataString(uri.AbsolutePath);
        return new StorageAddress(
            path.StartsWith("/~/", StringComparison.Ordinal) ? path[3..] : path,
            uri.Host.Trim('[', ']'),
            Uri.UnescapeDataString(uri.UserInfo),
            uri.IsDefaultPort || uri.Port <= 0 ? 22 : uri.Port);
    }

    /// <summary>Without what might be a password.</summary>
    private static string Shown(string text)
    {
        var at = text.LastIndexOf('@');
        return at < 0 ? text : text[..(text.IndexOf("://", StringComparison.Ordinal) + 3)] + "…" + text[at..];
    }

    private static HighwaterException Invalid(string whatHappened) =>
        new(ErrorCodes.UsageInvalid, whatHappened, Example);
}
