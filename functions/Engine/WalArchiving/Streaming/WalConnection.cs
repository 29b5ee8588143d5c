using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Npgsql;
using Npgsql.Replication;
using NpgsqlTypes;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>A connection in replication mode and the slot it uses (documentation, "Streaming Replication Protocol").
/// Every failure is a named error.</summary>
internal sealed class WalConnection : IAsyncDisposable
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    private readonly PhysicalReplicationConnection _connection;
    private readonly PostgresOptions _server;
    private readonly string _slot;

    private WalConnection(PhysicalReplicationConnection connection, PostgresOptions server, string slot) =>
        (_connection, _server, _slot) = (connection, server, slot);

    /// <exception cref="HighwaterException">2xx.</exception>
    public static async Task<WalConnection> OpenAsync(
        PostgresOptions server, WalStreamOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await PostgresConnection.OpenReplicationAsync(server, cancellationToken);
            connection.WalReceiverStatusInterval = StatusInterval;
            connection.WalReceiverTimeout = options.SilenceDeadline;
            return new WalConnection(connection, server, options.Slot);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw PostgresErrors.Translate(e, server);
        }
    }

    /// <exception cref="HighwaterException">2xx.</exception>
    public Task<ServerPosition> IdentifyAsync(CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var system = await _connection.IdentifySystem(cancellationToken);
        return new ServerPosition(
            SystemIdentifier.Parse(system.SystemId),
            _connection.PostgreSqlVersion.Major,
            system.Timeline,
            new Lsn((ulong)system.XLogPos));
    });

    /// <summary>Makes the slot, so that from now on the server keeps WAL from its last checkpoint on. Another run may
    /// make it at the same moment, as before the first base backup: then that one is it.</summary>
    /// <exception cref="HighwaterException">2xx; <see cref="ErrorCodes.SlotUnusable"/>.</exception>
    public Task CreateSlotAsync(CancellationToken cancellationToken) => AskAsync(async () =>
    {
        try
        {
            await _connection.CreateReplicationSlot(_slot, reserveWal: true, cancellationToken: cancellationToken);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == Npgsql.PostgresErrorCodes.DuplicateObject)
        {
            return false;
        }
    });

    /// <summary>Drops the slot, once nobody uses it.</summary>
    /// <exception cref="HighwaterException">2xx; <see cref="ErrorCodes.SlotUnusable"/>.</exception>
    public Task DropSlotAsync(CancellationToken cancellationToken) => AskAsync(async () =>
    {
        await _connection.DropReplicationSlot(_slot, wait: true, cancellationToken);
        return true;
    });

    /// <summary>Has WAL sent from a position on; the connection is good for nothing else from then on.</summary>
    public IAsyncEnumerator<XLogDataMessage> Start(Lsn from, uint timeline, CancellationToken cancellationToken) =>
        _connection.StartReplication(
            new PhysicalReplicationSlot(_slot), new NpgsqlLogSequenceNumber(from.Value), cancellationToken, timeline)
        .GetAsyncEnumerator(cancellationToken);

    /// <summary>The next message; false when the server ended the stream.</summary>
    /// <exception cref="HighwaterException">2xx; <see cref="ErrorCodes.SlotUnusable"/>;
    /// <see cref="ErrorCodes.WalGone"/>: the server has removed what was asked for.</exception>
    public async Task<bool> NextAsync(IAsyncEnumerator<XLogDataMessage> messages)
    {
        try
        {
            return await messages.MoveNextAsync();
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException)
        {
            // Npgsql 10 looks at what is gone when the line broke in the middle of the message before.
            throw PostgresErrors.Unreachable(_server, "the connection is broken", e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Translate(e);
        }
    }

    /// <summary>Reads on in a message; 0 at its end.</summary>
    /// <exception cref="HighwaterException">2xx: the line broke in the middle of it.</exception>
    public Task<int> ReadAsync(Stream data, Memory<byte> buffer, CancellationToken cancellationToken) =>
        AskAsync(() => data.ReadAsync(buffer, cancellationToken).AsTask());

    /// <summary>Tells the server that everything before a position is safe.</summary>
    public async Task AcknowledgeAsync(Lsn position, CancellationToken cancellationToken)
    {
        try
        {
            _connection.SetReplicationStatus(new NpgsqlLogSequenceNumber(position.Value));
            await _connection.SendStatusUpdate(cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // The stream has not begun or is over: what ends it is told where it is read.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Translate(e);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<T> AskAsync<T>(Func<Task<T>> question)
    {
        try
        {
            return await question();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Translate(e);
        }
    }

    private HighwaterException Translate(Exception error) => error switch
    {
        PostgresException { SqlState: PostgresErrorCodes.UndefinedFile } gone => new HighwaterException(
            ErrorCodes.WalGone,
            $"PostgreSQL at {_server.Host}:{_server.Port} no longer has WAL that was to be streamed: "
            + $"{gone.MessageText}.",
            "take a base backup now: highwater backup; restores of older ones end before the gap",
            gone),
        PostgresException { SqlState: PostgresErrorCodes.ObjectInUse } busy => new TransientException(
            ErrorCodes.SlotUnusable,
            $"Somebody else streams through the replication slot '{_slot}': {busy.MessageText}.",
            "only one may: see SELECT * FROM pg_stat_replication; a connection that was cut ends after "
            + "wal_sender_timeout; two installations need a slot each (WAL_STREAM_SLOT)",
            busy),
        PostgresException { SqlState: PostgresErrorCodes.ConfigurationLimitExceeded } full => new HighwaterException(
            ErrorCodes.SlotUnusable,
            $"The replication slot '{_slot}' cannot be made: {full.MessageText}.",
            "drop one that nobody uses (SELECT * FROM pg_replication_slots), or ALTER SYSTEM SET "
            + "max_replication_slots = 20; and restart the server",
            full),
        PostgresException { SqlState: PostgresErrorCodes.UndefinedObject } dropped => new TransientException(
            ErrorCodes.SlotUnusable,
            $"The replication slot '{_slot}' is not there any more: {dropped.MessageText}.",
            "nothing: it is made again when streaming starts again; find out who dropped it",
            dropped),
        _ => PostgresErrors.Translate(error, _server),
    };
}
