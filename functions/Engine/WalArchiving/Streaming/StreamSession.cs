using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Npgsql.Replication;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>
/// One stretch of streaming over one connection: receives, has what came made durable, and tells the server of what is
/// durable and of nothing else.
/// </summary>
/// <param name="connection">In replication mode; used up by this.</param>
/// <param name="keeper">The local repository, begun where streaming begins.</param>
/// <param name="copies">The other repositories.</param>
/// <param name="finish">Brings the other repositories as far as is wanted before the server is told for the last
/// time.</param>
/// <param name="kept">From where on the server keeps WAL for the slot.</param>
/// <param name="options">How often, and what the server is told.</param>
/// <param name="clock">Of the intervals.</param>
internal sealed class StreamSession(
    WalConnection connection,
    SegmentKeeper keeper,
    IReadOnlyList<CopyFollower> copies,
    Func<Task> finish,
    Lsn kept,
    WalStreamOptions options,
    TimeProvider clock)
{
    private readonly SlotLagGuard _guard = new(options);
    private readonly long _startedAt = clock.GetTimestamp();
    private long _keptAt = clock.GetTimestamp();

    /// <summary>What the server was told last.</summary>
    public Lsn Acknowledged { get; private set; }

    /// <summary>What was done about a slot that lags more than it may; null if nothing had to be.</summary>
    public HighwaterException? Lagging { get; private set; }

    /// <summary>Whether the slot is to be dropped.</summary>
    public bool GivesUp => Lagging is not null && options.LagAction == SlotLagAction.Drop;

    /// <summary>Streams until the position or the deadline is reached, or the slot is given up. Everything received is
    /// durable in the local repository then.</summary>
    /// <param name="timeline">Which one.</param>
    /// <param name="until">Where to stop; null to stop at the deadline only.</param>
    /// <param name="isOver">The deadline.</param>
    /// <param name="cancellationToken">Stops it at once.</param>
    /// <exception cref="HighwaterException">Of the connection or the local repository.</exception>
    public async Task RunAsync(
        uint timeline, Lsn? until, Func<bool> isOver, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var messages = connection.Start(keeper.Received, timeline, stop.Token);
        Task<bool>? next = null;
        try
        {
            while (!(keeper.Received >= until) && !isOver() && !GivesUp)
            {
                next ??= connection.NextAsync(messages);
                await WaitAsync(next, cancellationToken);
                if (next.IsCompleted)
                {
                    await TakeAsync(messages, next, cancellationToken);
                    next = null;
                }

                await KeepIfDueAsync(cancellationToken);
            }

            await keeper.KeepAsync(cancellationToken);
            await finish();
            await AcknowledgeAsync(cancellationToken);
        }
        catch (HighwaterException e) when (ErrorCodes.OfPostgres.Contains(e.Code))
        {
            // The server may never come back: what it sent in its last second is all there is.
            await keeper.KeepAsync(cancellationToken);
            throw;
        }
        finally
        {
            await stop.CancelAsync();
            if (next is not null)
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It was told to stop.
            await messages.DisposeAsync();
        }
    }

    /// <summary>Until there is a message, or something is to be done without one.</summary>
    private async Task WaitAsync(Task next, CancellationToken cancellationToken)
    {
        if (next.IsCompleted)
            return;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(next, Task.Delay(options.PieceInterval, clock, enough.Token));
        await enough.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task TakeAsync(
        IAsyncEnumerator<XLogDataMessage> messages, Task<bool> next, CancellationToken cancellationToken)
    {
        if (!await next)
            throw new TransientException(
                ErrorCodes.PostgresUnreachable, "The server ended the stream of WAL.", "nothing: it is tried again");
        var start = new Lsn((ulong)messages.Current.WalStart);
        if (start != keeper.Received)
            throw new HighwaterException(
                ErrorCodes.PostgresQueryFailed,
                $"The server sent WAL from {start} on, but {keeper.Received} was due.",
                "see what stands between: a proxy must not take part in replication");
        var data = messages.Current.Data;
        await keeper.AppendAsync(buffer => connection.ReadAsync(data, buffer, cancellationToken), cancellationToken);
        foreach (var copy in copies)
            copy.Follow(keeper.Current);
    }

    private async Task KeepIfDueAsync(CancellationToken cancellationToken)
    {
        if (clock.GetElapsedTime(_keptAt) < options.PieceInterval)
            return;
        await keeper.KeepAsync(cancellationToken);
        await AcknowledgeAsync(cancellationToken);
        _keptAt = clock.GetTimestamp();
    }

    private async Task AcknowledgeAsync(CancellationToken cancellationToken)
    {
        // Never back again: what was released once may be gone.
        var safe = FindSafe();
        if (safe <= Acknowledged || safe < kept)
            return;
        await connection.AcknowledgeAsync(safe, cancellationToken);
        Acknowledged = safe;
    }

    /// <summary>Everything before it may be forgotten by the server.</summary>
    private Lsn FindSafe()
    {
        if (options.Acknowledge == WalAcknowledgement.Local || copies.Count == 0)
            return keeper.Durable;
        var behind = copies.MinBy(copy => copy.Durable)!;
        var safe = behind.Durable < keeper.Durable ? behind.Durable : keeper.Durable;

        // What cannot be acknowledged is what the server has to keep.
        var released = Math.Max(kept.Value, Math.Max(safe.Value, Acknowledged.Value));
        var lag = Math.Max(0, (long)(keeper.Received.Value - released));

        // One that answers is given time to catch up.
        if (_guard.Judge(lag) != SlotLagVerdict.TooMuch
            || (behind.Trouble is null && clock.GetElapsedTime(_startedAt) < options.CatchUpTime))
            return safe;
        Lagging ??= _guard.Describe(lag, behind.Trouble);
        return options.LagAction == SlotLagAction.Release ? keeper.Durable : safe;
    }
}
