using System.Collections.Concurrent;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.Engine.Restore.Prefetch;
using Highwater.Engine.Tests.WalArchiving;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static Highwater.Engine.Tests.WalArchiving.WalScene;

namespace Highwater.Engine.Tests.Restore.Prefetch;

/// <summary>The data directory of a server in recovery, and two repositories with a few segments of WAL.</summary>
internal sealed class PrefetchScene : IAsyncDisposable
{
    private readonly TempDirectory _folder = new("prefetch");
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _started = [];

    public required WalScene Wal { get; init; }

    /// <summary>Small, for short tests.</summary>
    public PrefetchLimits Limits { get; set; } = new()
    {
        MaxSegments = 4,
        SpareBytes = 0,
        Pause = TimeSpan.FromMilliseconds(5),
    };

    /// <summary>Whether the imagined server recovers.</summary>
    public bool IsRecovering { get; set; } = true;

    public string DataDirectory { get; private set; } = "";

    public string PrefetchPath => Path.Combine(DataDirectory, PrefetchFolder.BelowDataDirectory);

    public PrefetchFolder Folder => new(DataDirectory);

    public string Destination => Path.Combine(DataDirectory, "pg_wal", "RECOVERYXLOG");

    /// <summary>Why segments could not be fetched ahead.</summary>
    public ConcurrentQueue<Exception> Refusals { get; } = [];

    /// <summary>Calls that started the process beside recovery.</summary>
    public int Started => _started.Count;

    /// <param name="segments">How many the local repository has, from number 1 on.</param>
    /// <param name="alsoRemote">Whether the remote one has them too.</param>
    public static async Task<PrefetchScene> CreateAsync(uint segments, bool alsoRemote = false)
    {
        var scene = new PrefetchScene { Wal = await WalScene.CreateAsync() };
        scene.MoveTo(scene._folder.Combine("data"));
        scene.Wal.Spool([.. Enumerable.Range(1, (int)segments).Select(number => (uint)number)]);
        await scene.Wal.ArchiveAsync();
        if (alsoRemote)
            await scene.Wal.ReplicateAsync();
        return scene;
    }

    /// <summary>Makes the data directory somewhere.</summary>
    public void MoveTo(string dataDirectory)
    {
        DataDirectory = dataDirectory;
        Directory.CreateDirectory(Path.Combine(dataDirectory, "pg_wal"));
        File.WriteAllText(Path.Combine(dataDirectory, "PG_VERSION"), "15\n");
        File.WriteAllText(Path.Combine(dataDirectory, "recovery.signal"), "");
    }

    /// <summary>Which timeline recovery is to end on.</summary>
    public uint? Timeline { get; set; }

    public FetchWal Fetch() => new(
        [RestoreScene.Source(Wal.Local), RestoreScene.Source(Wal.Remote)], NullLogger<FetchWal>.Instance, Timeline);

    public PrefetchWal Prefetch() => new(
        Fetch(), Folder, () => IsRecovering, Limits, TimeProvider.System, new RefusalLog(Refusals));

    /// <summary>wal-get, with the process beside recovery as a task of this one.</summary>
    public Task<WalGetAnswer> AskAsync(string name) =>
        new AnswerRestoreCommand(Fetch(), Folder, () => _started.Add(Prefetch().RunAsync(_end.Token)))
            .RunAsync(name, Destination, Token);

    /// <summary>Waits until the named segments, and no others, lie ready.</summary>
    public Task AwaitReadyAsync(params uint[] numbers) => AwaitAsync(
        $"segments {string.Join(", ", numbers)} lie ready",
        () => ReadyNames().SequenceEqual(numbers.Select(number => Segment(number).ToString())));

    /// <summary>What lies ready.</summary>
    public string[] ReadyNames() => Directory.Exists(PrefetchPath)
        ? [.. Directory.GetFiles(PrefetchPath).Select(path => Path.GetFileName(path))
            .Where(name => WalSegmentName.TryParse(name, out _)).Order(StringComparer.Ordinal)]
        : [];

    public static async Task AwaitAsync(string what, Func<bool> isSo)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            if (TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMinutes(1))
                Assert.Fail($"Waited in vain until {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), Token);
        }
    }

    /// <summary>As the first half of restore_command: only what lies ready.</summary>
    public void Take(uint number)
    {
        Assert.True(Folder.TryTake(Segment(number), Destination), $"segment {number} does not lie ready");
        Assert.Equal(BytesOf(Segment(number)), File.ReadAllBytes(Destination));
    }

    /// <summary>Changes one byte of a segment where a repository keeps it.</summary>
    public static void Damage(string repository, uint number)
    {
        var path = Path.Combine(repository, RepositoryLayout.WalFile(WalFileName.Of(Segment(number))));
        var bytes = File.ReadAllBytes(path);
        bytes[^20] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Waits until what runs has ended by itself and cleared up.</summary>
    public async Task GoneAsync()
    {
        await EndedAsync();
        Assert.False(Directory.Exists(PrefetchPath));
    }

    /// <summary>Waits until what runs has ended by itself.</summary>
    public Task EndedAsync() => Task.WhenAll(_started).WaitAsync(TimeSpan.FromMinutes(1), Token);

    /// <summary>Whatever runs ends, as when recovery does.</summary>
    public async Task EndAsync()
    {
        IsRecovering = false;
        await Task.WhenAll(_started);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_started).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
        await Wal.DisposeAsync();
        _folder.Dispose();
    }

    private sealed class RefusalLog(ConcurrentQueue<Exception> refusals) : ILogger<PrefetchWal>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (exception is not null)
                refusals.Enqueue(exception);
        }
    }
}
