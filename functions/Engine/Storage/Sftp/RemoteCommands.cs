namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// The few commands run on the server where it allows a shell: plain POSIX sh on one line, all names as arguments, so
/// that nothing of a name is ever read as code and any login shell can start it. GNU and BusyBox both have every tool
/// used.
/// </summary>
internal static class RemoteCommands
{
    public const string Marker = "highwater-shell";

    /// <summary>
    /// The shell does not see the file that SFTP sees: it lives in another file system view (a chroot).
    /// </summary>
    public const int OtherView = 92;

    /// <summary>The name is taken.</summary>
    public const int Taken = 95;

    /// <summary>Linking failed though the name is free: the file system may have no hard links.</summary>
    public const int CannotLink = 96;

    /// <summary>Prints <see cref="Marker"/> if everything the other commands need is there.</summary>
    public static string Probe() => Command(
        $"for t in sha256sum sync ln mkdir chmod mv; do command -v \"$t\" >/dev/null || exit 1; done; echo {Marker}");

    /// <summary>
    /// Flushes a temporary file, gives it its name without overwriting (link(2), as the SFTP server's own rename does),
    /// and flushes the folders: one round trip instead of three.
    /// </summary>
    public static string Publish(string root, string temporary, string key, IEnumerable<string> folders) => Command(
        "t=$1 k=$2 d=$3; shift 3; [ -f \"$t\" ] || exit 92; mkdir -p -- \"$d\" || exit 93; "
        + "chmod 600 -- \"$t\" && sync -- \"$t\" || exit 94; "
        + "ln -- \"$t\" \"$k\" || { [ -e \"$k\" ] && exit 95; exit 96; }; sync -- \"$@\" || exit 97; rm -f -- \"$t\"",
        [root, temporary, key, FolderOf(key), .. folders]);

    /// <summary>
    /// Flushes a temporary file, puts it in the place of whatever has the name, and flushes the folders.
    /// </summary>
    public static string Replace(string root, string temporary, string key, IEnumerable<string> folders) => Command(
        "t=$1 k=$2 d=$3; shift 3; [ -f \"$t\" ] || exit 92; mkdir -p -- \"$d\" || exit 93; "
        + "chmod 600 -- \"$t\" && sync -- \"$t\" && mv -f -- \"$t\" \"$k\" || exit 94; sync -- \"$@\" || exit 97",
        [root, temporary, key, FolderOf(key), .. folders]);

    /// <summary>Flushes a published file and its folders and prints its SHA-256.</summary>
    public static string SyncAndHash(string root, string key, IEnumerable<string> folders) => Command(
        "k=$1; shift; [ -f \"$k\" ] || exit 92; sync -- \"$k\" \"$@\" || exit 97; sha256sum < \"$k\"",
        [root, key, .. folders]);

    /// <summary>Prints the SHA-256 of a file.</summary>
    public static string Hash(string root, string key) =>
        Command("[ -f \"$1\" ] || exit 92; sha256sum < \"$1\"", [root, key]);

    private static string FolderOf(string key) => StorageKey.FolderOf(key) is { Length: > 0 } folder ? folder : ".";

    private static string Command(string script, params string[] arguments)
    {
        var enter = arguments.Length > 0 ? "cd -- \"$1\" || exit 92; shift; " : "";
        return string.Join(
            ' ',
            ["exec", "sh", "-c", Quote("LC_ALL=C; export LC_ALL; umask 077; " + enter + script), "sh",
                .. arguments.Select(Quote)]);
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
