using System.Collections.Concurrent;
using Highwater.Engine.WalArchiving;
using Highwater.FunctionApp.WalStream;
using Highwater.FunctionApp.WalSync;

namespace Highwater.FunctionApp.Tests.Scripted;

/// <summary>What the replaced activities are to do, and the calls they had: the activity and its argument.</summary>
public sealed class Script
{
    private readonly ConcurrentQueue<string> _calls = [];
    private readonly ConcurrentQueue<string> _backupIds = [];
    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task>> _behaviours = [];

    /// <summary>What the spool holds at its first, second ... emptying.</summary>
    public Func<int, (int Files, string[] Faults)> Spool { get; set; } = _ => (2, []);

    /// <summary>What the first, second ... pass brings to a repository.</summary>
    public Func<ReplicationStep, int, ReplicatedWal> Replicate { get; set; } =
        (step, _) => new ReplicatedWal(step.Repository, 2, 32, 0, 0, []);

    /// <summary>How WAL comes, as the settings say.</summary>
    public WalSource WalSource { get; set; } = WalSource.Archive;

    /// <summary>How a session of streaming ends, after the one before.</summary>
    public Func<WalStreamStatus, WalStreamStatus> Stream { get; set; } =
        before => before with { Sessions = before.Sessions + 1, Error = null, IsOver = true };

    /// <summary>What is lost; null for nothing.</summary>
    public FoundWalGap? Gap { get; set; }

    /// <summary>Every call in the order it came, repeats included.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    /// <summary>The base backups that activities were told to work on, repeats included.</summary>
    public IReadOnlyList<string> BackupIds => [.. _backupIds];

    /// <summary>From now on the call throws.</summary>
    public void Fail(string call, Exception exception) => On(call, _ => Task.FromException(exception));

    /// <summary>From now on the call does this; without it, it succeeds at once.</summary>
    public void On(string call, Func<CancellationToken, Task> behaviour) => _behaviours[call] = behaviour;

    /// <summary>From now on the call waits for the source, or for the host to stop.</summary>
    public TaskCompletionSource Hold(string call)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        On(call, token => gate.Task.WaitAsync(token));
        return gate;
    }

    public int CountOf(string call) => _calls.Count(made => made == call);

    /// <summary>One call of an activity that works on a base backup.</summary>
    public Task RunAsync(string call, string backupId, CancellationToken cancellationToken)
    {
        _backupIds.Enqueue(backupId);
        return RunAsync(call, cancellationToken);
    }

    /// <summary>One call of an activity.</summary>
    public Task RunAsync(string call, CancellationToken cancellationToken)
    {
        _calls.Enqueue(call);
        return _behaviours.TryGetValue(call, out var behaviour) ? behaviour(cancellationToken) : Task.CompletedTask;
    }
}
