using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Backup;

/// <summary>
/// Collects new chunks into packs and puts full packs into the local repository, a few at a time, while the next one
/// fills. Each pack is told of once it is durable. Not for concurrent use.
/// </summary>
internal sealed class PackSink(IStorage local, PackTable packs, Action<ObjectReference> onDurable) : IAsyncDisposable
{
    // Each pack on its way holds 33 MiB; two keep a disk busy while a third fills.
    private const int MostOnTheirWay = 2;

    private readonly Queue<Task> _puts = [];
    private PackWriter? _writer;
    private PackSlot? _slot;
    private long _storedBytes;

    /// <summary>Bytes of packs that were not in the repository before.</summary>
    public long StoredBytes => Interlocked.Read(ref _storedBytes);

    /// <summary>Stores a chunk and says where it will stand.</summary>
    /// <returns>The pack, and whether it is full and wants to be closed.</returns>
    public (PackSlot Slot, ChunkLocation Location, bool Full) Add(Sha256Hash chunk, ReadOnlyMemory<byte> compressed)
    {
        _writer ??= new PackWriter();
        _slot ??= packs.Open();
        var offset = _writer.Add(chunk, compressed);
        return (_slot, new ChunkLocation(_slot.Number, offset, compressed.Length), _writer.IsFull);
    }

    /// <summary>Closes the open pack, if there is one: it has its name now and is on its way to the
    /// repository.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_writer is null || _slot is null)
            return;
        while (_puts.Count >= MostOnTheirWay)
            await _puts.Dequeue();
        var (writer, content) = (_writer, _writer.Finish());
        packs.Close(_slot, new ObjectReference(content.Hash, content.Length));
        (_writer, _slot) = (null, null);
        _puts.Enqueue(Task.Run(() => PutAsync(writer, content, cancellationToken), CancellationToken.None));
    }

    /// <summary>Waits until every closed pack is durable.</summary>
    public async Task FlushAsync()
    {
        while (_puts.TryDequeue(out var put))
            await put;
    }

    public async ValueTask DisposeAsync()
    {
        _writer?.Dispose();

        // Their errors were thrown by Close or Flush, or an earlier error is on its way up already.
        await Task.WhenAll(_puts).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private async Task PutAsync(PackWriter writer, ObjectContent content, CancellationToken cancellationToken)
    {
        using (writer)
        {
            var outcome = await local.PutAsync(RepositoryLayout.Pack(content.Hash), content, cancellationToken);
            if (outcome == PutOutcome.Stored)
                Interlocked.Add(ref _storedBytes, content.Length);
        }

        onDurable(new ObjectReference(content.Hash, content.Length));
    }
}
