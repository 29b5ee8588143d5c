namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>How long one run of <see cref="StreamWal"/> goes on.</summary>
/// <param name="Duration">At most this long; null until the server's position at the start is reached.</param>
public readonly record struct StreamLimit(TimeSpan? Duration)
{
    /// <summary>Until everything is there that the server had flushed when the run began.</summary>
    public static readonly StreamLimit ServerPosition;

    /// <summary>A continuous session of that length.</summary>
    public static StreamLimit For(TimeSpan duration) => new(duration);
}
