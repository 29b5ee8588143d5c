namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>How WAL is streamed.</summary>
/// <param name="Slot">The replication slot, which is made where there is none.</param>
/// <param name="Acknowledge">What the server is told to be safe.</param>
/// <param name="LagWarnBytes">From how much on kept WAL is warned of.</param>
/// <param name="LagLimitBytes">From how much on <paramref name="LagAction"/> is taken; 0 for never.</param>
/// <param name="LagAction">What is done then.</param>
public sealed record WalStreamOptions(
    string Slot, WalAcknowledgement Acknowledge, long LagWarnBytes, long LagLimitBytes, SlotLagAction LagAction)
{
    /// <summary>What is used where nothing is set.</summary>
    public static readonly WalStreamOptions Default =
        new("highwater", WalAcknowledgement.Local, 1L << 30, 0, SlotLagAction.Keep);

    /// <summary>How long new bytes of an unfinished segment wait before they are stored as a piece: what is lost if
    /// server and this machine burn down together.</summary>
    public TimeSpan PieceInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The same for repositories whose answer nothing waits for.</summary>
    public TimeSpan CopyInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a repository that answers may be behind after a session began before the slot's lag counts
    /// against it, and how long a run that ends waits for one that is behind.</summary>
    public TimeSpan CatchUpTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where segments are collected that are not finished yet: a folder with room for some of
    /// them.</summary>
    public string WorkFolder { get; init; } = Path.GetTempPath();

    /// <summary>After how long without a word from the server the connection counts as dead. The server is asked for
    /// one before.</summary>
    public TimeSpan SilenceDeadline { get; init; } = TimeSpan.FromSeconds(60);
}
