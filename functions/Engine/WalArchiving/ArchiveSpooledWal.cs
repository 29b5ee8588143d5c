using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// Takes what archive_command left in the spool into the local repository. A file leaves the spool after the
/// repository has it durably and has read it back, never earlier; so a run may be killed anywhere, repeated, and run
/// twice at once.
/// </summary>
/// <param name="options">Where the spool is, and how many files may be in flight.</param>
/// <param name="logger">Told what was taken and what was not.</param>
/// <param name="proofs">Gets the proof of every segment that was stored, for those who copy it.</param>
public sealed partial class ArchiveSpooledWal(
    WalOptions options, ILogger<ArchiveSpooledWal> logger, StoredWalProofs? proofs = null)
{
    private const long MemoryForBuffers = 256 << 20;

    private readonly WalSpool _spool = new(options.SpoolPath);

    /// <summary>
    /// One pass over the spool, oldest first, several files in flight, every record of every segment proven. Files that
    /// may not enter the repository are
    /// moved to <c>quarantine/</c> in the spool and named in the result, and the later ones go on. A file that finds a
    /// damaged copy of itself in the repository stays in the spool and is named too. The unfinished last segment of a
    /// timeline is kept as one, also if it was moved aside before the history came that says so.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.SpoolUnusable"/>; any error of the repository's
    /// storage, with everything not yet taken left in the spool. A full disk is a
    /// <see cref="TransientException"/>.</exception>
    public async Task<SpooledWalArchived> RunAsync(BackupRepository local, CancellationToken cancellationToken)
    {
        var archive = new WalArchive(local);
        var files = _spool.List();
        var taken = 0;
        var bytes = 0L;
        var faults = new List<WalFault>();
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = InFlight(local.Description.WalSegmentSize),
            CancellationToken = cancellationToken,
        };
        var tails = new SpooledTails(archive, files);

        // Histories first, and alone: they say which segment is in front of a timeline's first one.
        foreach (var some in files.GroupBy(file => file.Kind != WalFileKind.TimelineHistory).OrderBy(g => g.Key))
            await Parallel.ForEachAsync(some, parallel, TakeAsync);
        if (taken > 0)
            LogArchived(logger, taken, bytes, local.Name, files[^1].Name);
        var judged = await new JudgeMovedAside(archive, _spool, logger).RunAsync(cancellationToken);
        (taken, bytes) = (taken + judged.Files, bytes + judged.Bytes);
        return new SpooledWalArchived(taken, bytes, [.. faults.OrderBy(f => f.File, StringComparer.Ordinal)]);

        async ValueTask TakeAsync(WalFileName file, CancellationToken token)
        {
            try
            {
                if (await ArchiveOrKeepAsync(archive, file, tails, token) is not { } length)
                    return;
                Interlocked.Increment(ref taken);
                Interlocked.Add(ref bytes, length);
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.WalInvalid || e.Code == ErrorCodes.WalConflict)
            {
                if (_spool.MoveAside(file) is not { } movedTo)
                    return;
                LogMovedAside(logger, file.Name, movedTo, e.Message);
                lock (faults)
                    faults.Add(WalFault.Of(file.Name, e, movedTo));
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.RepositoryDamaged)
            {
                LogDamaged(logger, file.Name, e.Message);
                lock (faults)
                    faults.Add(WalFault.Of(file.Name, e));
            }
            finally
            {
                tails.Set(file, null);
            }
        }
    }

    /// <summary>The file's length, or null if another process has taken it.</summary>
    private async Task<long?> ArchiveOrKeepAsync(
        WalArchive archive, WalFileName file, SpooledTails tails, CancellationToken cancellationToken)
    {
        try
        {
            return await ArchiveAsync(archive, file, tails, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.WalInvalid || e.Code == ErrorCodes.WalConflict)
        {
            if (await TryKeepUnfinishedAsync(archive, file, tails, cancellationToken) is not { } length)
                throw;
            _spool.Remove(file);
            return length;
        }
    }

    private async Task<long?> TryKeepUnfinishedAsync(
        WalArchive archive, WalFileName file, SpooledTails tails, CancellationToken cancellationToken)
    {
        var forks = await new KnownForks(archive, _spool).ReadAsync(cancellationToken);
        try
        {
            return await new KeepUnfinishedSegment(archive, tails.FindBeforeAsync, logger)
                .TryAsync(file, _spool.PathOf(file), forks[file.Segment.Timeline], cancellationToken);
        }
        catch (FileNotFoundException)
        {
            return null; // Another process has taken it or moved it aside.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw _spool.Unusable($"{file} cannot be read: {e.Message}", e);
        }
    }

    private async Task<long?> ArchiveAsync(
        WalArchive archive, WalFileName file, SpooledTails tails, CancellationToken cancellationToken)
    {
        long length;
        try
        {
            await using var plain = Open(file);
            length = plain.Length;
            var proof = file.IsCompressed
                ? await ProveAndPutAsync(archive, file, plain, tails, cancellationToken)
                : await archive.PutAndReadBackAsync(file, plain, cancellationToken);
            if (proof is not null)
                proofs?.Add(archive.Repository, file, proof);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw _spool.Unusable($"{file} cannot be read: {e.Message}", e);
        }

        _spool.Remove(file);
        return length;
    }

    private static async Task<StoredWalProof?> ProveAndPutAsync(
        WalArchive archive,
        WalFileName file,
        Stream plain,
        SpooledTails tails,
        CancellationToken cancellationToken)
    {
        var before = await tails.FindBeforeAsync(file.Segment, cancellationToken);
        var header = await archive.DescribeAsync(file, plain, before, cancellationToken);

        // The next segment can be proven while this one is compressed and stored.
        tails.Set(file, header.Contents!.Tail);
        return await archive.PutAndReadBackAsync(header, plain, cancellationToken);
    }

    private FileStream Open(WalFileName file) => new(_spool.PathOf(file), new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        Options = FileOptions.SequentialScan,
        BufferSize = 0,
    });

    /// <summary>One more than there are processors, for one of them waits for the disk.</summary>
    private int InFlight(WalSegmentSize size) => (int)Math.Clamp(
        MemoryForBuffers / (2 * size.Bytes), 1, options.MaxInFlight ?? (Environment.ProcessorCount + 1));

    [LoggerMessage(EventId = 501, Level = LogLevel.Information,
        Message = "Took {Files} WAL files ({Bytes} bytes) from the spool into the {Repository} repository, up to "
            + "{Last}")]
    private static partial void LogArchived(ILogger logger, int files, long bytes, string repository, string last);

    [LoggerMessage(EventId = 502, Level = LogLevel.Error,
        Message = "Moved the WAL file {File} aside to {Path}: {Error}")]
    private static partial void LogMovedAside(ILogger logger, string file, string path, string error);

    [LoggerMessage(EventId = 503, Level = LogLevel.Error, Message = "The WAL file {File} stays in the spool: {Error}")]
    private static partial void LogDamaged(ILogger logger, string file, string error);
}
