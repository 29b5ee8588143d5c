using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Client;

/// <summary>Lists and purges over instances whose ages are known: one an hour, the last one unfinished.</summary>
public class InstanceListTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private TestHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DurableTaskClient Client => _host.Client;

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.StartNewAsync(host => host.Options = host.Options with { TimeProvider = _time });
        _host.Script.Main = async context => context.GetInput<string>() switch
        {
            "fail" => throw new InvalidDataException("damaged"),
            "parent" => await context.CallSubOrchestratorAsync<string>(
                "Sub", "in", new SubOrchestrationOptions(instanceId: "child")),
            "wait" => await context.WaitForExternalEvent<string>("never"),
            var input => input,
        };
        foreach (var (id, input) in new[] { ("h0", "return"), ("h1", "fail"), ("h2", "parent"), ("h3", "return") })
        {
            await _host.StartMainAsync(input, Tagged(id));
            await _host.EndOfAsync(id);
            _time.Advance(TimeSpan.FromHours(1));
        }

        await _host.StartMainAsync("wait", Tagged("h4"));
        await Client.WaitForInstanceStartAsync("h4", Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_list_has_all_filters_at_once()
    {
        Assert.Equal(["child", "h0", "h1", "h2", "h3", "h4"], await ListAsync(new OrchestrationQuery()));
        Assert.Equal(["h1", "h2"], await ListAsync(new OrchestrationQuery(
            CreatedFrom: Start.AddHours(1), CreatedTo: Start.AddHours(2), InstanceIdPrefix: "h")));
        Assert.Equal(["h2", "h3"], await ListAsync(new OrchestrationQuery(
            CreatedFrom: Start.AddHours(1), Statuses: [OrchestrationRuntimeStatus.Completed], InstanceIdPrefix: "h")));
        Assert.Empty(await ListAsync(new OrchestrationQuery(CreatedTo: Start.AddHours(-1))));
        Assert.Equal(["h3", "h4"], await ListAsync(new OrchestrationQuery(ContinuationToken: "h2", PageSize: 1)));
    }

    [Fact]
    public async Task A_list_has_data_if_asked_for_and_tags_always()
    {
        var bare = await Client.GetAllInstancesAsync(new OrchestrationQuery(InstanceIdPrefix: "h0"))
            .SingleAsync(Cancellation);
        var full = await Client
            .GetAllInstancesAsync(new OrchestrationQuery(InstanceIdPrefix: "h0", FetchInputsAndOutputs: true))
            .SingleAsync(Cancellation);

        Assert.Null(bare.SerializedOutput);
        Assert.Throws<InvalidOperationException>(() => bare.ReadOutputAs<string>());
        Assert.Equal("return", full.ReadInputAs<string>());
        Assert.Equal("return", full.ReadOutputAs<string>());
        Assert.Equal("h0", bare.Tags["id"]);
        Assert.Equal("h0", full.Tags["id"]);
    }

    [Fact]
    public async Task Ids_are_listed_by_status_and_end_in_pages()
    {
        var all = await IdsAsync(null, null, null, 2);
        var failed = await IdsAsync([OrchestrationRuntimeStatus.Failed], null, null, 100);
        var ended = await IdsAsync(null, Start.AddHours(1), Start.AddHours(2), 1);

        Assert.Equal(["child", "h0", "h1", "h2", "h3", "h4"], all);
        Assert.Equal(["h1"], failed);
        Assert.Equal(["child", "h1", "h2"], ended);
        Assert.DoesNotContain("h4", await IdsAsync(null, DateTimeOffset.MinValue, null, 100));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Client.ListInstanceIdsAsync(pageSize: 0, cancellation: Cancellation));
    }

    [Fact]
    public async Task A_purge_by_filter_takes_what_has_finished_and_fits()
    {
        var failed = await Client.PurgeInstancesAsync(
            null, null, [OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Running], Cancellation);
        var early = await Client.PurgeInstancesAsync(null, Start.AddHours(1), Cancellation);
        var rest = await Client.PurgeInstancesAsync(
            Start, null, new PurgeInstanceOptions(Recursive: true), Cancellation);

        Assert.Equal((1, true), (failed.PurgedInstanceCount, failed.IsComplete));
        Assert.Equal(1, early.PurgedInstanceCount);
        Assert.Equal(3, rest.PurgedInstanceCount);
        Assert.Equal(["h4"], await ListAsync(new OrchestrationQuery()));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task A_purge_takes_sub_orchestrations_along_if_asked_to(bool recursive, int count)
    {
        var purged = await Client.PurgeInstanceAsync("h2", new PurgeInstanceOptions(recursive), Cancellation);

        Assert.Equal(count, purged.PurgedInstanceCount);
        Assert.Null(await Client.GetInstanceAsync("h2", Cancellation));
        Assert.Equal(recursive, await Client.GetInstanceAsync("child", Cancellation) is null);
    }

    [Fact]
    public async Task A_purge_of_many_goes_through_all_of_them()
    {
        for (var n = 0; n < 250; n++)
        {
            await _host.StartMainAsync("return", new StartOrchestrationOptions($"many{n}"));
        }

        for (var n = 0; n < 250; n++)
        {
            await _host.EndOfAsync($"many{n}");
        }

        var purged = await Client.PurgeInstancesAsync(Start.AddHours(4), null, Cancellation);

        Assert.Equal((250, true), (purged.PurgedInstanceCount, purged.IsComplete));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.PurgeAllInstancesAsync(
            new PurgeInstancesFilter { Timeout = TimeSpan.Zero }, Cancellation));
    }

    [Fact]
    public async Task A_purge_that_may_take_no_time_says_that_it_is_not_complete()
    {
        var impatient = new ImpatientTime();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = impatient });
        await host.RunMainAsync();

        var purged = await host.Client.PurgeAllInstancesAsync(
            new PurgeInstancesFilter { Timeout = TimeSpan.FromTicks(1) }, Cancellation);

        Assert.Equal((0, false), (purged.PurgedInstanceCount, purged.IsComplete));
    }

    private static StartOrchestrationOptions Tagged(string id) =>
        new(id) { Tags = new Dictionary<string, string> { ["id"] = id } };

    private async Task<List<string>> ListAsync(OrchestrationQuery query) =>
        [.. await Client.GetAllInstancesAsync(query).Select(instance => instance.InstanceId).ToListAsync(Cancellation)];

    private async Task<List<string>> IdsAsync(
        OrchestrationRuntimeStatus[]? statuses, DateTimeOffset? from, DateTimeOffset? to, int pageSize)
    {
        var ids = new List<string>();
        string? last = null;
        do
        {
            var page = await Client.ListInstanceIdsAsync(statuses, from, to, pageSize, last, Cancellation);
            ids.AddRange(page.Values);
            last = page.ContinuationToken;
        }
        while (last is not null);

        return ids;
    }

    /// <summary>A clock whose every look is a second later.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks);
    }
}
