using System.Runtime.InteropServices;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore.Prefetch;

/// <summary>
/// Whether a server still recovers in a data directory: <c>recovery.signal</c> or <c>standby.signal</c> stands there,
/// which it removes when it promotes, and the process that ran <c>restore_command</c> lives. That is the leader of this
/// process's group: each child of the postmaster makes itself one, and system(3) leaves its commands in it
/// (InitPostmasterChild in utils/init/miscinit.c, signal_child in postmaster.c).
/// </summary>
public sealed partial class RecoveryWatch
{
    private readonly string _dataDirectory;
    private readonly LeaseProcess? _leader = LeaseProcess.Of(GetProcessGroup());

    /// <param name="dataDirectory">Of the server.</param>
    public RecoveryWatch(string dataDirectory) => _dataDirectory = dataDirectory;

    /// <summary>Whether it is still going on.</summary>
    public bool IsRecovering => IsSetUp(_dataDirectory) && _leader?.IsKnownDead() == false;

    /// <summary>Whether a server that runs in the directory takes WAL from its <c>restore_command</c>.</summary>
    public static bool IsSetUp(string dataDirectory) =>
        File.Exists(Path.Combine(dataDirectory, "recovery.signal"))
        || File.Exists(Path.Combine(dataDirectory, "standby.signal"));

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int GetProcessGroup();
}
