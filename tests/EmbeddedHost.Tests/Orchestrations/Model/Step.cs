namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>One step of a random program; the orchestration gets the whole tree as its input.</summary>
internal sealed record Step(StepKind Kind)
{
    /// <summary>Of an activity and a status its own name; of a wait the name of the event.</summary>
    public string Tag { get; init; } = "";

    /// <summary>How long a timer takes or a wait has patience, in seconds; 0 for a wait is for ever.</summary>
    public int Seconds { get; init; }

    /// <summary>An activity fails before this second of the run, whichever attempt it is.</summary>
    public int DownUntil { get; init; }

    /// <summary>The activity does not exist.</summary>
    public bool Missing { get; init; }

    /// <summary>The sub-orchestration gets an instance id of our choice.</summary>
    public bool Named { get; init; }

    public Retrying? Retry { get; init; }

    public Step[] Steps { get; init; } = [];
}
