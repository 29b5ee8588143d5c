using System.Text.Json;

namespace Highwater.EmbeddedHost.Hosting;

/// <summary>
/// One process per state directory. The lock is the operating system's, so it dies with the process; beside it lies a
/// file that says who holds it, which means nothing without the lock.
/// </summary>
internal sealed class StateDirectoryLock : IDisposable
{
    private const string LockName = "host.lock";
    private const string HolderName = "host.json";

    // IsHeld takes the lock for an instant to find out; a host that starts in that instant must not be turned away.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _directory;
    private readonly FileStream _lock;

    private StateDirectoryLock(string directory, FileStream lockFile)
    {
        _directory = directory;
        _lock = lockFile;
    }

    /// <exception cref="StateDirectoryLockedException">Another process holds it.</exception>
    public static async Task<StateDirectoryLock> TakeAsync(string directory, CancellationToken cancellation)
    {
        Directory.CreateDirectory(directory);
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            if (TryOpen(directory) is { } lockFile)
            {
                var taken = new StateDirectoryLock(directory, lockFile);
                taken.Announce(url: null);
                return taken;
            }

            if (waited >= Patience)
            {
                throw new StateDirectoryLockedException(directory, RunningHost.Read(directory));
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    public static bool IsHeld(string directory)
    {
        if (!File.Exists(Path.Combine(directory, LockName)))
        {
            return false;
        }

        using var lockFile = TryOpen(directory);
        return lockFile is null;
    }

    public static string HolderPath(string directory) => Path.Combine(directory, HolderName);

    /// <summary>Says who holds the lock and where it serves.</summary>
    public void Announce(string? url)
    {
        var path = HolderPath(_directory);
        var temporary = path + ".new";
        File.WriteAllText(temporary, JsonSerializer.Serialize(new RunningHost(Environment.ProcessId, url)));
        File.Move(temporary, path, overwrite: true);
    }

    public void Dispose()
    {
        File.Delete(HolderPath(_directory));
        _lock.Dispose();
    }

    private static FileStream? TryOpen(string directory)
    {
        try
        {
            return new FileStream(
                Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not DirectoryNotFoundException and not FileNotFoundException)
        {
            return null;
        }
    }
}
