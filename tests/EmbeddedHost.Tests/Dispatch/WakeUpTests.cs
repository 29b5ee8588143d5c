using Highwater.EmbeddedHost.Dispatch;
using Highwater.EmbeddedHost.State;
using Highwater.EmbeddedHost.Tests.State;

namespace Highwater.EmbeddedHost.Tests.Dispatch;

/// <summary>Whatever happens at the same time, nothing that is to be done is forgotten.</summary>
public sealed class WakeUpTests
{
    private const int Instances = 5;
    private const int Rounds = 4_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_is_added_while_it_is_worked_on_is_worked_on_again()
    {
        var queue = new ReadyQueue();
        var mail = new int[Instances];
        var busy = new int[Instances];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => WorkAsync(stop.Token))).ToList();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < Rounds; i++)
            {
                var instance = random.Next(Instances);
                Interlocked.Increment(ref mail[instance]);
                queue.Add($"{instance}");
            }
        })));
        await TestHost.UntilAsync(() => mail.All(count => Volatile.Read(ref count) == 0));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Task.WhenAll(workers).WaitAsync(Patience, TestContext.Current.CancellationToken));

        async Task WorkAsync(CancellationToken cancellation)
        {
            while (true)
            {
                var id = await queue.TakeAsync(cancellation);
                var instance = int.Parse(id, System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(1, Interlocked.Increment(ref busy[instance]));
                Interlocked.Exchange(ref mail[instance], 0);
                Thread.Yield();
                Interlocked.Decrement(ref busy[instance]);
                queue.Done(id);
            }
        }
    }

    [Fact]
    public async Task Nobody_who_watches_an_instance_misses_its_change()
    {
        var signals = new InstanceSignals();
        var value = 0;
        var watchers = Enumerable.Range(0, 8).Select(_ => Task.Run(WatchAsync)).ToList();

        for (var i = 0; i < Rounds; i++)
        {
            Interlocked.Increment(ref value);
            signals.Changed("one");
            signals.Changed("another");
        }

        await Task.WhenAll(watchers).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, signals.Watched);

        async Task WatchAsync()
        {
            using var watch = signals.Watch("one");
            while (Volatile.Read(ref value) < Rounds)
            {
                await watch.ChangedAsync(TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public async Task No_timer_that_is_set_while_others_become_due_is_forgotten()
    {
        using var folder = new StateFolder();
        using var database = folder.Open();
        database.Write(CommitKind.Start, "all", session =>
        {
            for (var i = 0; i < Instances; i++)
            {
                session.AddInstance(new InstanceRow($"{i}", "e", "Main"));
            }
        });
        var queue = new ReadyQueue();
        var timers = new DurableTimers(database, queue, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = timers.RunAsync(stop.Token);
        var fired = 0;
        var worker = WorkAsync(stop.Token);

        const int Timers = 300;
        await Task.WhenAll(Enumerable.Range(0, 3).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < Timers / 3; i++)
            {
                var due = TimeProvider.System.GetUtcNow().AddMilliseconds(random.Next(-2, 30));
                database.Write(CommitKind.Episode, "test", session => session.Post(
                    $"{random.Next(Instances)}", new HistoryEvent(EventKind.TimerFired, due), due));
                timers.DueAt(due);
            }
        })));
        await TestHost.UntilAsync(() => Volatile.Read(ref fired) == Timers);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(running, worker));

        async Task WorkAsync(CancellationToken cancellation)
        {
            while (true)
            {
                var id = await queue.TakeAsync(cancellation);
                var handled = database.Write(CommitKind.Episode, "test", session =>
                {
                    var inbox = session.ReadInbox(id, TimeProvider.System.GetUtcNow());
                    inbox.ForEach(message => session.RemoveMessage(message.Id));
                    return inbox.Count;
                });
                Interlocked.Add(ref fired, handled);
                queue.Done(id);
            }
        }
    }
}
