using Microsoft.DurableTask;

namespace Highwater.FunctionApp.WalSync;

/// <summary>How one repository is brought level, pass by pass. Part of the orchestration: it decides only by what its
/// history holds.</summary>
internal sealed class Replication(string repository)
{
    private Task<ReplicatedWal>? _running;
    private bool _hasFresh = true;
    private bool _hasRest;

    /// <summary>All passes so far.</summary>
    public ReplicatedWal Sum { get; private set; } = ReplicatedWal.Nothing(repository);

    /// <summary>Why the last pass failed; null if it did not.</summary>
    public string? Error { get; private set; }

    /// <summary>Whether a pass is under way.</summary>
    public bool IsRunning => _running is not null;

    /// <summary>Ends when the pass does, either way.</summary>
    public Task Running => _running!;

    /// <summary>Whether another pass would bring more. One that failed or brought nothing is not asked again: the next
    /// sync comes within the interval and finds the same work.</summary>
    public bool HasMore => Error is null && (_hasFresh || _hasRest);

    /// <summary>Says that there is WAL which a pass that has begun may not have seen.</summary>
    public void Expect() => _hasFresh = true;

    /// <summary>Begins a pass.</summary>
    public void Begin(TaskOrchestrationContext context, TimeSpan budget)
    {
        _hasFresh = false;
        _running = context.CallActivityAsync<ReplicatedWal>(
            WalSyncActivities.ReplicateWal, new ReplicationStep(repository, budget));
    }

    /// <summary>Takes the result of a pass that has ended.</summary>
    public async Task CollectAsync()
    {
        if (_running is not { IsCompleted: true } ended)
            return;
        _running = null;
        try
        {
            var pass = await ended;
            Sum = Sum.Plus(pass);
            _hasRest = pass.Files > 0 && pass.Remaining > pass.Faults.Count;
        }
        catch (TaskFailedException e)
        {
            Error = e.FailureDetails.ErrorMessage;
        }
    }

    /// <summary>How it ended.</summary>
    public RepositoryOutcome ToOutcome() => new(repository, Error ?? (Sum.Faults.Count == 0 ? null : Sum.Faults[0]));
}
