namespace Highwater.EmbeddedHost.State;

/// <summary>
/// What a transaction of the state database does. A timer that fires is part of the episode it causes.
/// </summary>
internal enum CommitKind
{
    /// <summary>A step of the schema.</summary>
    Schema,

    /// <summary>A new instance.</summary>
    Start,

    /// <summary>One run of an orchestration's code: history, new calls and state.</summary>
    Episode,

    /// <summary>The result or the failure of an activity.</summary>
    ActivityResult,

    /// <summary>An external event from a client.</summary>
    Event,
    Terminate,
    Suspend,
    Resume,
    Rewind,
    Purge,

    /// <summary>The end of an instance that cannot be carried on.</summary>
    GiveUp,

    /// <summary>When a timer function ran and is due again.</summary>
    Schedule,
}
