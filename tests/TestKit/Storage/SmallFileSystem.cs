namespace Highwater.TestKit.Storage;

/// <summary>
/// A file system of a few megabytes, to be filled to the brim: a tmpfs. As root it is mounted outright. Otherwise a
/// process of its own mounts it in a user namespace, and it is reached through that process's view of the file system.
/// </summary>
public sealed class SmallFileSystem : IDisposable
{
    private readonly TempDirectory folder = new("small");
    private readonly System.Diagnostics.Process? owner;

    public SmallFileSystem(int megabytes)
    {
        var size = $"size={megabytes}m,mode=0777";
        if (Environment.IsPrivilegedProcess)
        {
            Shell.Run("mount", "-t", "tmpfs", "-o", size, "tmpfs", folder.Path);
            Path = folder.Path;
            return;
        }

        // The namespace lives as long as this process, which ends when its standard input is closed.
        owner = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "unshare",
            ["-U", "-r", "-m", "sh", "-c",
                $"mount -t tmpfs -o {size} tmpfs '{folder.Path}' && echo mounted && read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        if (owner.StandardOutput.ReadLine() != "mounted")
            throw new InvalidOperationException(
                "A small file system needs root or user namespaces (unshare -U -r -m).");
        Path = $"/proc/{owner.Id}/root{folder.Path}";
    }

    /// <summary>Where the file system is.</summary>
    public string Path { get; }

    public void Dispose()
    {
        if (owner is null)
        {
            Shell.Run("umount", "-l", folder.Path);
        }
        else
        {
            owner.StandardInput.Close();
            owner.WaitForExit();
            owner.Dispose();
        }

        folder.Dispose();
    }
}
