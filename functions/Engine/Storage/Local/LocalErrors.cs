using Highwater.Engine.Errors;

namespace Highwater.Engine.Storage.Local;

/// <summary>Turns what the file system throws into errors an operator can act on.</summary>
internal static class LocalErrors
{
    /// <summary>Whether <see cref="Translate"/> has something to say about this exception.</summary>
    public static bool IsFileTrouble(Exception fault) => fault is IOException or UnauthorizedAccessException;

    public static HighwaterException Translate(Exception fault, string doing, string path, string root, long needed)
    {
        switch (fault)
        {
            case FileNotFoundException or DirectoryNotFoundException:
                return StorageErrors.Missing(path, fault);
            case UnauthorizedAccessException
                or IOException { HResult: Errno.ReadOnly or Errno.NotPermitted or Errno.Denied }:
                return StorageErrors.Denied($"{doing} {path}", Environment.UserName, root, fault);
            case IOException { HResult: Errno.NoSpace or Errno.QuotaExceeded or Errno.TooLarge }:
                return StorageErrors.Full(path, root, needed, FreeBytes(root), fault);
            default:
                return StorageErrors.Failed(
                    $"{doing} {path}", fault,
                    $"look at the kernel log (`dmesg`) for disk errors and see that {root} is a mounted, healthy "
                        + "folder.");
        }
    }

    public static long? FreeBytes(string root) =>
        Directory.Exists(root) ? new DriveInfo(root).AvailableFreeSpace : null;
}
