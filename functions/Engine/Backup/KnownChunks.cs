using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Backup;

/// <summary>
/// Learns what a new base backup need not store: the chunks of the one before, and those in packs that an interrupted
/// attempt left behind. A pack counts only if it is there with the length it should have.
/// </summary>
public sealed partial class KnownChunks(BackupRepository local, ILogger logger)
{
    public ChunkIndex Index { get; } = new();

    public PackTable Packs { get; } = new();

    /// <summary>Reads them. Memory is bounded by the index; the file list before is read as a stream.</summary>
    /// <exception cref="HighwaterException">Any storage error. A damaged file list or pack is no error: what it holds
    /// is stored again.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var lengths = new Dictionary<Sha256Hash, long>();
        await foreach (var entry in local.Storage.ListAsync(RepositoryLayout.Packs, cancellationToken))
        {
            if (RepositoryLayout.PackOf(entry.Key) is { } pack)
                lengths[pack] = entry.Length;
        }

        var committed = (await new BackupCatalog(local).ListAsync(cancellationToken)).Backups;
        if (committed.Count > 0)
            await LoadBackupAsync(committed[^1], lengths, cancellationToken);
        var orphans =
            lengths.Keys.Except(committed.SelectMany(backup => backup.Packs).Select(pack => pack.Sha256)).ToList();
        foreach (var orphan in orphans)
            await LoadPackAsync(new ObjectReference(orphan, lengths[orphan]), cancellationToken);
        LogLoaded(logger, Index.Count, committed.Count > 0 ? committed[^1].Id.ToString() : "none", orphans.Count);
    }

    /// <summary>Says so if not every chunk could be remembered. To be called when the last chunk was added.</summary>
    public void WarnIfFull()
    {
        if (Index.Overflowed)
            LogOverflow(logger, Index.Count);
    }

    private async Task LoadBackupAsync(
        BackupRecord backup, Dictionary<Sha256Hash, long> lengths, CancellationToken cancellationToken)
    {
        var packs = backup.Packs
            .Where(pack => lengths.TryGetValue(pack.Sha256, out var length) && length == pack.Length)
            .ToDictionary(pack => pack.Sha256);
        try
        {
            // A damaged line could send a chunk to the wrong place, and the reader knows of damage only at the end.
            var key = RepositoryLayout.FileList(backup.Id);
            if (await local.Storage.HashAsync(key, cancellationToken) != backup.FileList.Sha256)
            {
                LogUnreadable(logger, key, "its SHA-256 is not the one it was committed with");
                return;
            }

            await foreach (var entry in FileListReader.ReadAsync(local, backup, cancellationToken))
            {
                foreach (var run in entry.Runs ?? [])
                {
                    if (run.Pack is { } name && packs.TryGetValue(name, out var pack))
                        Add(Packs.Existing(pack), run);
                }
            }
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.RepositoryDamaged
            || e.Code == ErrorCodes.StorageObjectMissing)
        {
            LogUnreadable(logger, RepositoryLayout.FileList(backup.Id), e.Message);
        }
    }

    private void Add(PackSlot slot, ChunkRun run)
    {
        var offset = run.Offset!.Value;
        for (var i = 0; i < run.Count; i++)
        {
            Index.Add(run.Chunks![i], new ChunkLocation(slot.Number, offset, run.Lengths![i]));
            offset = PackFormat.NextOffset(offset, run.Lengths[i]);
        }
    }

    private async Task LoadPackAsync(ObjectReference pack, CancellationToken cancellationToken)
    {
        try
        {
            // Nothing but its name vouches for it: no commit ever did, and this backup is about to. Putting it onto
            // itself compares its bytes with its name and makes it durable, which a killed attempt may not have done.
            var key = RepositoryLayout.Pack(pack.Sha256);
            await local.Storage.PutAsync(
                key, local.Storage.AsContent(key, pack.Length, pack.Sha256), cancellationToken);
            var members = new List<PackMember>();
            await foreach (var member in PackReader.ReadMembersAsync(local.Storage, pack.Sha256, cancellationToken))
                members.Add(member);
            var slot = Packs.Existing(pack);
            foreach (var member in members)
                Index.Add(member.Chunk, new ChunkLocation(slot.Number, member.Offset, member.Length));
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.RepositoryDamaged
            || e.Code == ErrorCodes.StorageObjectMissing || e.Code == ErrorCodes.StorageConflict)
        {
            LogUnreadable(logger, RepositoryLayout.Pack(pack.Sha256), e.Message);
        }
    }

    [LoggerMessage(611, LogLevel.Information,
        "{Chunks} chunks are stored already: by base backup {Backup} and in {Orphans} packs of an unfinished attempt")]
    private static partial void LogLoaded(ILogger logger, int chunks, string backup, int orphans);

    [LoggerMessage(612, LogLevel.Warning,
        "Only the first {Chunks} chunks are remembered to bound memory; changed or not, the rest is stored again")]
    private static partial void LogOverflow(ILogger logger, int chunks);

    [LoggerMessage(613, LogLevel.Warning, "{Key} cannot be reused and what it holds is stored again: {Error}")]
    private static partial void LogUnreadable(ILogger logger, string key, string error);
}
