using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.WalArchiving;
using Highwater.FunctionApp.Tests.Scripted;
using Highwater.FunctionApp.WalSync;
using Highwater.TestKit.Storage;
using Highwater.TestKit.WalArchiving;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.FunctionApp.Tests.WalSync;

/// <summary>The shipped orchestration over real repositories and a spool, with a remote that was away for
/// long.</summary>
public sealed class CatchUpTests : IAsyncDisposable
{
    private const int Backlog = 40;
    private const int PutsInABudget = 8;

    private static readonly WalSegmentSize Size = new(1 << 20);
    private static readonly SystemIdentifier Cluster = new(7_310_938_764_291_650_493);

    private readonly TempDirectory _folder = new("catch-up");
    private readonly FakeTimeProvider _clock = new();
    private readonly FaultyStorage _remoteStorage;
    private readonly ArchiveSpooledWal _archive;
    private BackupRepository _local = null!;
    private BackupRepository _remote = null!;
    private uint _next = Backlog;
    private int _puts;

    public CatchUpTests()
    {
        _remoteStorage = new FaultyStorage(new LocalStorage(_folder.Combine("remote")));
        Directory.CreateDirectory(_folder.Combine("spool"));
        _archive = new ArchiveSpooledWal(
            new WalOptions(_folder.Combine("spool")), NullLogger<ArchiveSpooledWal>.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_remote_back_after_a_day_catches_up_in_one_run_and_fresh_segments_wait_for_one_pass_at_most()
    {
        await OpenAsync();
        for (uint number = 0; number < Backlog; number++)
            Spool(number);
        await _archive.RunAsync(_local, Token);
        await using var host = await ScriptedHost.StartNewAsync();
        var seen = new List<(uint Spooled, int Local, int Remote)>();
        host.Script.On("ArchiveSpooledWal", async token =>
        {
            var spooled = _next;
            await _archive.RunAsync(_local, token);
            seen.Add((spooled, await CountAsync(_local), await CountAsync(_remote)));
        });
        WalReplicated? replicated = null;
        host.Script.On("ReplicateWal far", async token => replicated = await new ReplicateWal(
            _clock, NullLogger<ReplicateWal>.Instance).RunAsync(_local, _remote, TimeSpan.FromSeconds(30), token));
        host.Script.Replicate = (step, _) => step.Repository == "near"
            ? ReplicatedWal.Nothing("near")
            : new ReplicatedWal("far", replicated!.Files, 0, replicated.Remaining, 0, []);

        // A budget is spent every few files, and meanwhile the server finishes a segment; not in the last pass, from
        // which it would be left to the next sync.
        _remoteStorage.Fault = (method, _) =>
        {
            var put = method == "PutAsync" ? Interlocked.Increment(ref _puts) : 0;
            if (put % PutsInABudget == 0 && put is > 0 and < Backlog)
            {
                Spool(Interlocked.Increment(ref _next) - 1);
                _clock.Advance(TimeSpan.FromSeconds(30));
            }

            return null;
        };
        var run = await host.RunAsync(WalSyncOrchestration.Name);

        var outcome = run.ReadOutputAs<WalSyncOutcome>()!;
        Assert.Equal((int)_next, await CountAsync(_remote));
        Assert.Equal((_next, 0), ((uint)outcome.Replicated[1].Files, outcome.Replicated[1].Remaining));
        Assert.True(_next > Backlog && seen.Count >= 4, $"{_next} segments in {seen.Count} passes");

        // Before each pass the local repository has all there was, while the remote is still far behind.
        Assert.All(seen, pass => Assert.True(pass.Local >= pass.Spooled, $"{pass}"));
        Assert.Contains(seen, pass => pass.Spooled > Backlog && pass.Remote < Backlog);
        Assert.Equal(seen.Select(pass => pass.Remote).Order(), seen.Select(pass => pass.Remote));
    }

    public async ValueTask DisposeAsync()
    {
        await _local.Storage.DisposeAsync();
        await _remoteStorage.DisposeAsync();
        _folder.Dispose();
    }

    private async Task OpenAsync()
    {
        var cluster = new ClusterIdentity(Cluster, 15, Size);
        _local = await BackupRepository.OpenOrCreateAsync(
            "local", new LocalStorage(_folder.Combine("local")), cluster, TimeProvider.System, Token);
        _remote = await BackupRepository.OpenOrCreateAsync(
            "far", _remoteStorage, cluster, TimeProvider.System, Token);
    }

    private void Spool(uint number)
    {
        var segment = WalSegmentName.FromNumber(1, number + 1, Size);
        var path = _folder.Combine($"{segment}.new");
        File.WriteAllBytes(path, TestSegments.Make(segment, Cluster, Size));
        File.Move(path, Path.Combine(_folder.Combine("spool"), $"{segment}"));
    }

    private static async Task<int> CountAsync(BackupRepository repository) =>
        (await new WalArchive(repository).ListAsync(Token)).Count;
}
