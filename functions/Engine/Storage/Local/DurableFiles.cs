using System.Runtime.InteropServices;

namespace Highwater.Engine.Storage.Local;

/// <summary>
/// What .NET has no call for: flushing a folder to the device and publishing a file without overwriting. Failures are
/// <see cref="IOException"/>s whose HResult is the errno, or <see cref="UnauthorizedAccessException"/>, as .NET's own
/// are.
/// </summary>
public static partial class DurableFiles
{
    private const int OpenFolderReadOnly = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint NoReplace = 1; // RENAME_NOREPLACE

    /// <summary>
    /// Flushes a folder, so that the names in it survive a power cut: fsync(2) of a file does not flush its name.
    /// </summary>
    public static void SyncFolder(string path)
    {
        var descriptor = Open(path, OpenFolderReadOnly);
        if (descriptor < 0)
            throw LastError("open", path);
        try
        {
            // EINVAL: a file system that has nothing to flush for a folder (fsync(2), ERRORS).
            if (Fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != Errno.InvalidArgument)
                throw LastError("fsync", path);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>
    /// Gives the file a name in one step and removes the old one. False, and nothing changed, if the new name is taken.
    /// </summary>
    public static bool TryPublish(string temporary, string target)
    {
        if (Link(temporary, target) == 0)
        {
            File.Delete(temporary);
            return true;
        }

        return Marshal.GetLastPInvokeError() switch
        {
            Errno.Exists => false,
            Errno.NotPermitted or Errno.NotSupported or Errno.NoSuchCall or Errno.TooManyLinks =>
                TryRename(temporary, target),
            _ => throw LastError("link", target),
        };
    }

    /// <summary>The same for file systems without hard links, by renameat2(2) with RENAME_NOREPLACE.</summary>
    public static bool TryRename(string temporary, string target)
    {
        if (RenameAt2(CurrentFolder, temporary, CurrentFolder, target, NoReplace) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == Errno.Exists ? false : throw LastError("rename", target);
    }

    private static Exception LastError(string call, string path)
    {
        var errno = Marshal.GetLastPInvokeError();
        var message = $"{call} {path}: {Marshal.GetPInvokeErrorMessage(errno)}";
        return errno switch
        {
            Errno.Denied or Errno.NotPermitted => new UnauthorizedAccessException(message),
            Errno.NoEntry => new DirectoryNotFoundException(message),
            _ => new IOException(message, errno),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string created);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);
}
