namespace Highwater.TestKit.Storage;

/// <summary>
/// A file system of a few megabytes, to be filled to the brim: a tmpfs. As root it is mounted outright. Otherwise a
/// process of its own mounts it in a user namespace, and it is reached through that process's view of the file system.
/// </summary>
public sealed class SmallFileSystem : IDisposable
{
    private readonly TempDirectory _folder = new("small");
    private readonly System.Diagnostics.Process? _owner;

    public SmallFileSystem(int megabytes)
    {
        var size = $"size={megabytes}m,mode=0777";
        if (Environment.IsPrivilegedProcess)
        {
            Shell.Run("mount", "-t", "tmpfs", "-o", size, "tmpfs", _folder.Path);
            Path = _folder.Path;
            return;
        }

        // The namespace lives as long as this process, which ends when its standard input is closed.
        _owner = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "unshare",
            ["-U", "-r", "-m", "sh", "-c",
                $"mount -t tmpfs -o {size} tmpfs '{_folder.Path}' && echo mounted && read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        if (_owner.StandardOutput.ReadLine() != "mounted")
            throw new InvalidOperationException(
                "A small file system needs root or user namespaces (unshare -U -r -m).");
        Path = $"/proc/{_owner.Id}/root{_folder.Path}";
    }

    /// <summary>Where the file system is.</summary>
    public string Path { get; }

    public void Dispose()
    {
        if (_owner is null)
        {
            Shell.Run("umount", "-l", _folder.Path);
        }
        else
        {
            _owner.StandardInput.Close();
            _owner.WaitForExit();
            _owner.Dispose();
        }

        _folder.Dispose();
    }
}
