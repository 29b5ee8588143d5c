using System.Diagnostics;
using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Repository;

public sealed class LeaseTests : IAsyncLifetime
{
    private RepositoryScene _scene = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _scene = await RepositoryScene.CreateAsync();

    public ValueTask DisposeAsync()
    {
        _scene.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_lease_is_seen_by_others_until_it_is_released()
    {
        await using (var lease = await AcquireAsync(LeasePurpose.BaseBackup))
            Assert.Equal(lease.Record, Assert.Single(await LiveAsync()));
        Assert.Empty(await LiveAsync());
        Assert.DoesNotContain(
            await _scene.KeysAsync(), key => key.StartsWith(RepositoryLayout.Leases, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(LeasePurpose.BaseBackup, LeasePurpose.Prune)]
    [InlineData(LeasePurpose.Restore, LeasePurpose.Prune)]
    [InlineData(LeasePurpose.Verify, LeasePurpose.Prune)]
    [InlineData(LeasePurpose.Prune, LeasePurpose.Prune)]
    [InlineData(LeasePurpose.Prune, LeasePurpose.BaseBackup)]
    [InlineData(LeasePurpose.Prune, LeasePurpose.Replicate)]
    public async Task Prune_and_all_other_work_exclude_each_other(LeasePurpose held, LeasePurpose asked)
    {
        await using var lease = await AcquireAsync(held);
        var error = await Assert.ThrowsAsync<TransientException>(() => AcquireAsync(asked));
        Assert.Equal(ErrorCodes.RepositoryLeased, error.Code);
        Assert.Equal(lease.Record, Assert.Single(await LiveAsync()));
    }

    [Fact]
    public async Task Backups_restores_and_verifications_live_side_by_side()
    {
        await using var first = await AcquireAsync(LeasePurpose.BaseBackup);
        await using var second = await AcquireAsync(LeasePurpose.Restore);
        await using var third = await AcquireAsync(LeasePurpose.Verify);
        Assert.Equal(3, (await LiveAsync()).Count);
    }

    [Fact]
    public async Task A_lease_is_renewed_for_as_long_as_its_holder_works()
    {
        await using var lease = await AcquireAsync(LeasePurpose.BaseBackup);
        for (var i = 0; i < 12; i++)
        {
            var before = lease.Record.ExpiresAt;
            _scene.Clock.Advance(TimeSpan.FromMinutes(2.5));
            await UntilAsync(() => lease.Record.ExpiresAt > before);
        }

        lease.EnsureHeld();
        Assert.Single(await LiveAsync());
    }

    [Fact]
    public async Task A_lease_that_cannot_be_renewed_in_time_is_lost_for_good()
    {
        await using var lease = await AcquireAsync(LeasePurpose.BaseBackup);
        _scene.Storage.Fault = (method, _) => method == nameof(IStorage.ReplaceAsync)
            ? new TransientException(ErrorCodes.StorageUnreachable, "It is away.", "wait")
            : null;
        _scene.Clock.Advance(Lease.Lifetime);
        var error = Assert.Throws<HighwaterException>(lease.EnsureHeld);
        Assert.Equal(ErrorCodes.LeaseLost, error.Code);

        _scene.Storage.Fault = (_, _) => null;
        Assert.Throws<HighwaterException>(lease.EnsureHeld);
        Assert.Empty(await LiveAsync());
    }

    [Fact]
    public async Task A_holder_that_slept_past_its_expiry_does_not_take_the_lease_back()
    {
        await using var lease = await AcquireAsync(LeasePurpose.BaseBackup);

        // The clock jumps without a timer in between, as when a machine was suspended.
        _scene.Clock.AdjustTime(_scene.Clock.GetUtcNow() + Lease.Lifetime);
        await using var prune = await AcquireAsync(LeasePurpose.Prune);
        Assert.Throws<HighwaterException>(lease.EnsureHeld);
    }

    [Fact]
    public async Task A_lease_of_another_host_blocks_until_it_expires_and_no_longer()
    {
        await WriteAsync(LeaseProcess.Current with { Host = "elsewhere", Scope = "another boot" });
        await Assert.ThrowsAsync<TransientException>(() => AcquireAsync(LeasePurpose.Prune));
        _scene.Clock.Advance(Lease.Lifetime);
        await using var lease = await AcquireAsync(LeasePurpose.Prune);
        Assert.Single(await LiveAsync());
    }

    [Fact]
    public async Task A_lease_of_a_dead_process_of_this_machine_blocks_nobody()
    {
        using var process = Process.Start(new ProcessStartInfo("true"))!;
        var id = process.Id;
        await process.WaitForExitAsync(Token);
        await WriteAsync(LeaseProcess.Current with { Id = id, StartTicks = 1 });
        Assert.Empty(await LiveAsync());
        await using var lease = await AcquireAsync(LeasePurpose.Prune);
    }

    [Fact]
    public async Task A_reused_process_number_is_another_process()
    {
        await WriteAsync(LeaseProcess.Current with { StartTicks = LeaseProcess.Current.StartTicks - 1 });
        Assert.Empty(await LiveAsync());
        await WriteAsync(LeaseProcess.Current);
        Assert.Single(await LiveAsync());
    }

    [Fact]
    public async Task A_lease_that_cannot_be_read_blocks_for_the_life_of_a_lease_and_is_then_removed()
    {
        _scene.Clock.AdjustTime(TimeProvider.System.GetUtcNow());
        await _scene.Local.ReplaceAsync("leases/torn.json", ReadOnlyMemory<byte>.Empty, Token);
        await Assert.ThrowsAsync<TransientException>(() => AcquireAsync(LeasePurpose.BaseBackup));

        // The file is a moment younger than the clock that was set before it was written.
        _scene.Clock.Advance(Lease.Lifetime + TimeSpan.FromMinutes(1));
        await using (await AcquireAsync(LeasePurpose.Prune))
            await LeaseList.RemoveDeadAsync(_scene.Repository, _scene.Clock, Token);
        Assert.DoesNotContain("leases/torn.json", await _scene.KeysAsync());
    }

    private Task<Lease> AcquireAsync(LeasePurpose purpose) =>
        Lease.AcquireAsync(_scene.Repository, purpose, _scene.Clock, NullLogger.Instance, Token);

    private Task<IReadOnlyList<LeaseRecord>> LiveAsync() =>
        LeaseList.ReadLiveAsync(_scene.Repository, _scene.Clock, Token);

    private Task WriteAsync(LeaseProcess process)
    {
        var now = _scene.Clock.GetUtcNow();
        var record = new LeaseRecord("other", LeasePurpose.BaseBackup, process, now, now + Lease.Lifetime);
        return _scene.Local.ReplaceAsync(
            RepositoryLayout.Lease("other"),
            JsonSerializer.SerializeToUtf8Bytes(record, RepositoryJson.Default.LeaseRecord),
            Token);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var deadline = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(30), "The lease was not renewed in time.");
            await Task.Delay(5, Token);
        }
    }
}
