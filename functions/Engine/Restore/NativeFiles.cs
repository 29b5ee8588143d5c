using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Highwater.Engine.Restore;

/// <summary>What .NET has no call for. Failures are <see cref="IOException"/>s.</summary>
internal static partial class NativeFiles
{
    /// <summary>
    /// Flushes the whole file system a file is on: for very many files far cheaper than flushing each (syncfs(2);
    /// PostgreSQL does the same with recovery_init_sync_method = syncfs). Errors of earlier writes are reported since
    /// Linux 5.8.
    /// </summary>
    public static void SyncFileSystem(SafeFileHandle file, string path)
    {
        if (SyncFs(file) != 0)
            throw LastError("syncfs", path);
    }

    /// <summary>Gives a file, directory or link itself to another user and group.</summary>
    public static void ChangeOwner(string path, uint user, uint group)
    {
        if (LChown(path, user, group) != 0)
            throw LastError("chown", path);
    }

    private static IOException LastError(string call, string path)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {path}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);
    }

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LChown(string path, uint user, uint group);
}
