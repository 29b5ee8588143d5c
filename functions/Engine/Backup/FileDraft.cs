using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Backup;

/// <summary>A file whose chunks are being stored. Its runs get their packs' names when the packs are closed.</summary>
/// <param name="entry">The file without hash and runs.</param>
internal sealed class FileDraft(FileListEntry entry)
{
    private readonly List<RunDraft> _runs = [];

    /// <summary>SHA-256 of the content, once all of it was read.</summary>
    public Sha256Hash? Hash { get; set; }

    /// <summary>How many chunks it has so far; what it costs in memory.</summary>
    public int Chunks { get; private set; }

    /// <summary>Whether every pack it refers to has its name.</summary>
    public bool IsResolved => _runs.TrueForAll(run => run.Slot is not { Closed: null });

    public void AddZero()
    {
        Chunks++;
        if (_runs.Count == 0 || _runs[^1].Slot is not null)
            _runs.Add(new RunDraft(null, 0));
        _runs[^1].Zeros++;
    }

    public void AddStored(Sha256Hash chunk, PackSlot slot, ChunkLocation location)
    {
        Chunks++;
        slot.Referenced = true;
        if (_runs.Count == 0 || _runs[^1].Slot != slot || _runs[^1].Next != location.Offset)
            _runs.Add(new RunDraft(slot, location.Offset));
        _runs[^1].Add(chunk, location.Length);
    }

    /// <summary>The finished line of the file list.</summary>
    public FileListEntry ToEntry() => entry with { Sha256 = Hash, Runs = [.. _runs.Select(run => run.ToRun())] };

    private sealed class RunDraft(PackSlot? slot, long offset)
    {
        private readonly List<int> _lengths = [];
        private readonly List<Sha256Hash> _chunks = [];
        private readonly long _offset = offset;

        public PackSlot? Slot => slot;

        public int Zeros { get; set; }

        /// <summary>Where the next chunk must stand to continue the run.</summary>
        public long Next { get; private set; } = offset;

        public void Add(Sha256Hash chunk, int length)
        {
            _chunks.Add(chunk);
            _lengths.Add(length);
            Next = PackFormat.NextOffset(Next, length);
        }

        public ChunkRun ToRun() => slot is null
            ? ChunkRun.OfZeros(Zeros)
            : new ChunkRun(slot.Closed!.Sha256, _offset, _lengths, _chunks, null);
    }
}
