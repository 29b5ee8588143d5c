using System.Diagnostics;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore.Prefetch;

/// <summary>Starts <c>highwater wal-prefetch</c> beside recovery, for the data directory the caller works in.</summary>
public static class PrefetchProcess
{
    /// <summary>
    /// The shell ends at once, so that <c>restore_command</c> need not wait. What it leaves behind holds no pipe of the
    /// server's log, and is shielded by a shell that always ends with 0: where PostgreSQL is process 1, as in
    /// containers, it inherits orphans and takes one that fails for a crash of its own (process_pm_child_exit in
    /// postmaster.c).
    /// </summary>
    internal const string Script = "(trap : HUP TERM; \"$@\"; exit 0) </dev/null >/dev/null 2>&1 &";

    /// <param name="program">The words that start this program.</param>
    /// <param name="repositories">Asked in this order.</param>
    /// <param name="timeline">Which one recovery is to end on; null if that is not known.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no sh.</exception>
    public static void Start(
        IReadOnlyList<string> program, IReadOnlyList<RepositoryOptions> repositories, uint? timeline = null)
    {
        string[] words =
        [
            .. program, "wal-prefetch",
            .. RestoreCommandLine.TimelineWords(timeline), .. RestoreCommandLine.RepositoryWords(repositories),
        ];
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", Script, "sh", .. words]))!;
        shell.WaitForExit();
    }
}
