using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>
/// The WAL files of one repository, under the names PostgreSQL gave them. Nothing that is not of the repository's
/// cluster gets in, nothing in it is ever replaced, and everything that comes out is checked.
/// </summary>
public sealed class WalArchive(BackupRepository repository)
{
    public BackupRepository Repository { get; } = repository;

    private IStorage Storage => Repository.Storage;

    private WalSegmentSize SegmentSize => Repository.Description.WalSegmentSize;

    /// <summary>
    /// Stores the file at <paramref name="path"/>, durable as the storage promises, when this returns. Repeatable: the
    /// same bytes again are <see cref="PutOutcome.AlreadyThere"/>, however they were compressed the first time.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalInvalid"/>: it is damaged, or another cluster's;
    /// <see cref="ErrorCodes.WalConflict"/>: other bytes have this name; any storage error.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<PutOutcome> PutAsync(WalFileName name, string path, CancellationToken cancellationToken)
    {
        await using var plain = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        });
        return await PutAsync(name, plain, cancellationToken);
    }

    /// <summary>As the other PutAsync, from a seekable stream that is read from its start.</summary>
    public async Task<PutOutcome> PutAsync(WalFileName name, Stream plain, CancellationToken cancellationToken)
    {
        if (!name.IsCompressed)
        {
            var bytes = await WalFileCheck.ReadSmallAsync(name, plain, cancellationToken);
            return await PutRawAsync(name, ObjectContent.FromBytes(bytes), cancellationToken);
        }

        var before = await new WalTails(this).FindBeforeAsync(name.Segment, cancellationToken);
        var header = await DescribeAsync(name, plain, before, cancellationToken);
        using var encoded = await EncodedWalSegment.CreateAsync(header, plain, cancellationToken);
        return await PutSegmentAsync(name, encoded.Content, header.Sha256, cancellationToken);
    }

    /// <summary>Proves a segment and says what is in it. Stores nothing.</summary>
    /// <param name="name">Of a segment, whole or partial.</param>
    /// <param name="plain">Seekable; read from its start to its end.</param>
    /// <param name="before">What the segment in front of it ended with; null if that is not known.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalInvalid"/>.</exception>
    internal Task<WalSegmentHeader> DescribeAsync(
        WalFileName name, Stream plain, WalTail? before, CancellationToken cancellationToken) =>
        WalFileCheck.DescribeSegmentAsync(name, plain, Repository.Description, before, cancellationToken);

    /// <summary>
    /// As <see cref="PutAsync(WalFileName, Stream, CancellationToken)"/>, and reads back what is stored then.
    /// Repeatable too. The proof is for copies made of it; null for a file that is not compressed, or that was there
    /// already in another compressed form.
    /// </summary>
    /// <exception cref="HighwaterException">As PutAsync; <see cref="ErrorCodes.RepositoryDamaged"/>: what is there
    /// under this name, whether stored now or earlier, is not what it should be.</exception>
    public async Task<StoredWalProof?> PutAndReadBackAsync(
        WalFileName name, Stream plain, CancellationToken cancellationToken)
    {
        if (name.IsCompressed)
        {
            var before = await new WalTails(this).FindBeforeAsync(name.Segment, cancellationToken);
            var header = await DescribeAsync(name, plain, before, cancellationToken);
            return await PutAndReadBackAsync(header, plain, cancellationToken);
        }

        await PutAsync(name, plain, cancellationToken);
        await VerifyAsync(name, cancellationToken);
        return null;
    }

    /// <summary>The same with a segment that was described.</summary>
    internal async Task<StoredWalProof?> PutAndReadBackAsync(
        WalSegmentHeader header, Stream plain, CancellationToken cancellationToken)
    {
        var name = WalFileName.Parse(header.Name);
        using var encoded = await EncodedWalSegment.CreateAsync(header, plain, cancellationToken);

        // Unpacked here and not from the repository: what is read back then needs only to be these bytes.
        await encoded.EnsureUnpacksAsync(cancellationToken);
        await PutSegmentAsync(name, encoded.Content, header.Sha256, cancellationToken);
        var hash = await Storage.HashAsync(RepositoryLayout.WalFile(name), cancellationToken);
        if (hash == encoded.Content.Hash)
            return new StoredWalProof(hash, header.Sha256);
        await VerifyAsync(name, cancellationToken);
        return null;
    }

    /// <summary>
    /// Stores a file of another repository's archive as it stands there, after checking it. Durable and repeatable as
    /// <see cref="PutAsync(WalFileName, Stream, CancellationToken)"/>.
    /// </summary>
    /// <param name="source">The other archive, of the same cluster.</param>
    /// <param name="file">One of its files.</param>
    /// <param name="proof">Of that file, if there is one: a segment that still has the proven bytes is not unpacked
    /// again.</param>
    /// <param name="cancellationToken">Stops it; the file is then there whole or not at all.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalConflict"/>; <see cref="ErrorCodes.WalAbsent"/> or
    /// <see cref="ErrorCodes.RepositoryDamaged"/> of the source; any storage error.</exception>
    public async Task<PutOutcome> PutStoredAsync(
        WalArchive source, WalArchiveEntry file, StoredWalProof? proof, CancellationToken cancellationToken)
    {
        var stored = await StoredWal.ReadAsync(source, file, proof, cancellationToken);
        return stored.Sha256 is { } sha256
            ? await PutSegmentAsync(file.Name, stored.Content, sha256, cancellationToken)
            : await PutRawAsync(file.Name, stored.Content, cancellationToken);
    }

    /// <summary>
    /// Opens the plain bytes of a file. A segment's stream throws at its end if they are not those that were stored,
    /// so act on them only after reading to the end. A history file is checked before it is given.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalAbsent"/>: the repository answered and does not
    /// have it; <see cref="ErrorCodes.RepositoryDamaged"/>; any storage error. Reading throws the same.</exception>
    public async Task<Stream> OpenReadAsync(WalFileName name, CancellationToken cancellationToken)
    {
        var stored = await OpenStoredAsync(name, cancellationToken);
        try
        {
            if (name.IsCompressed)
                return await UnpackAsync(name, stored, cancellationToken);
            await using (stored)
                return await ReadSmallAsync(name, stored, cancellationToken);
        }
        catch
        {
            await stored.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Writes the plain bytes to a file, whole and checked or not at all; replaces what is there. Not flushed to the
    /// device: recovery asks again after a crash.
    /// </summary>
    /// <exception cref="HighwaterException">As <see cref="OpenReadAsync"/>.</exception>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public async Task FetchAsync(WalFileName name, string destination, CancellationToken cancellationToken)
    {
        await using var plain = await OpenReadAsync(name, cancellationToken);
        await WholeFile.WriteAsync(destination, file => plain.CopyToAsync(file, 1 << 17, cancellationToken));
    }

    /// <summary>Reads a file to its end, checking it.</summary>
    /// <exception cref="HighwaterException">As <see cref="OpenReadAsync"/>.</exception>
    public async Task VerifyAsync(WalFileName name, CancellationToken cancellationToken)
    {
        await using var plain = await OpenReadAsync(name, cancellationToken);
        await plain.CopyToAsync(Stream.Null, 1 << 17, cancellationToken);
    }

    /// <summary>What is known of a file without reading it, or null if the repository answered and does not have
    /// it.</summary>
    public async Task<WalArchiveEntry?> StatAsync(WalFileName name, CancellationToken cancellationToken) =>
        await Storage.StatAsync(RepositoryLayout.WalFile(name), cancellationToken) is { } entry
            ? new WalArchiveEntry(name, entry.Length, entry.ModifiedAt)
            : null;

    /// <summary>Everything in the archive, by one listing, ordered by log position and then timeline: oldest WAL
    /// first.</summary>
    public async Task<IReadOnlyList<WalArchiveEntry>> ListAsync(CancellationToken cancellationToken) =>
        (await ListAllAsync(cancellationToken)).Files;

    /// <summary>As ListAsync, and of which timelines there are pieces.</summary>
    public async Task<WalListing> ListAllAsync(CancellationToken cancellationToken)
    {
        var entries = new List<WalArchiveEntry>();
        var pieces = new Dictionary<uint, DateTimeOffset>();
        await foreach (var entry in Storage.ListAsync(RepositoryLayout.WalArchive, cancellationToken))
        {
            if (RepositoryLayout.WalFileOf(entry.Key) is { } name)
                entries.Add(new WalArchiveEntry(name, entry.Length, entry.ModifiedAt));
            else if (RepositoryLayout.WalPieceOf(entry.Key) is { Segment.Timeline: var timeline }
                && !(pieces.TryGetValue(timeline, out var first) && first <= entry.ModifiedAt))
                pieces[timeline] = entry.ModifiedAt;
        }

        entries.Sort((x, y) => x.Name.CompareTo(y.Name));
        return new WalListing(entries, pieces);
    }

    /// <summary>The header of a stored segment.</summary>
    /// <exception cref="HighwaterException">As <see cref="OpenReadAsync"/>.</exception>
    public async Task<WalSegmentHeader> ReadHeaderAsync(WalFileName name, CancellationToken cancellationToken)
    {
        await using var stored = await OpenStoredAsync(name, cancellationToken);
        return await WalSegmentFrame.ReadAsync(stored, What(name), cancellationToken);
    }

    /// <summary>A timeline history file of the archive.</summary>
    /// <exception cref="HighwaterException">As <see cref="OpenReadAsync"/>.</exception>
    public async Task<TimelineHistory> ReadHistoryAsync(uint timeline, CancellationToken cancellationToken)
    {
        var name = WalFileName.HistoryOf(timeline);
        await using var stored = await OpenReadAsync(name, cancellationToken);
        using var text = new StreamReader(stored);
        try
        {
            return TimelineHistory.Parse(timeline, await text.ReadToEndAsync(cancellationToken));
        }
        catch (FormatException e)
        {
            throw WalSegmentFrame.Damaged(What(name), e.Message.TrimEnd('.'), e);
        }
    }

    private async Task<PutOutcome> PutSegmentAsync(
        WalFileName name, ObjectContent stored, Sha256Hash plainHash, CancellationToken cancellationToken)
    {
        try
        {
            return await Storage.PutAsync(RepositoryLayout.WalFile(name), stored, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageConflict)
        {
            var there = await ReadHeaderAsync(name, cancellationToken);
            if (there.Sha256 != plainHash)
                throw Conflict(name, there.Sha256, plainHash, e);

            // The same segment with something else known of the one before it, or compressed by another version. It
            // counts only if it can be read.
            await VerifyAsync(name, cancellationToken);
            await Storage.SettleAsync(RepositoryLayout.WalFile(name), cancellationToken);
            return PutOutcome.AlreadyThere;
        }
    }

    private async Task<PutOutcome> PutRawAsync(
        WalFileName name, ObjectContent content, CancellationToken cancellationToken)
    {
        var key = RepositoryLayout.WalFile(name);
        try
        {
            return await Storage.PutAsync(key, content, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageConflict)
        {
            throw Conflict(name, await Storage.HashAsync(key, cancellationToken), content.Hash, e);
        }
    }

    /// <summary>The plain bytes of a segment, checked as those of <see cref="OpenReadAsync"/> are.</summary>
    internal async Task<WalSegmentReadStream> UnpackAsync(
        WalFileName name, Stream stored, CancellationToken cancellationToken)
    {
        var header = await WalSegmentFrame.ReadAsync(stored, What(name), cancellationToken);
        WalFileCheck.EnsureSame(name, header, Repository.Description, What(name));
        return new WalSegmentReadStream(stored, header, What(name));
    }

    /// <summary>The bytes of a file that is not compressed, checked as those of <see cref="OpenReadAsync"/>
    /// are.</summary>
    internal Task<Stream> ReadSmallAsync(WalFileName name, Stream stored, CancellationToken cancellationToken) =>
        WalFileCheck.ReadStoredSmallAsync(name, stored, What(name), cancellationToken);

    /// <summary>The bytes of a file as they are stored.</summary>
    internal async Task<Stream> OpenStoredAsync(WalFileName name, CancellationToken cancellationToken)
    {
        try
        {
            return await Storage.OpenReadAsync(RepositoryLayout.WalFile(name), null, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageObjectMissing)
        {
            throw new HighwaterException(
                ErrorCodes.WalAbsent,
                $"The repository '{Repository.Name}' at {Storage.Address} does not have the WAL file {name}.",
                "run 'highwater wal-sync' if the server still has it; 'highwater status' shows which WAL each "
                + "repository has",
                e);
        }
    }

    private string What(WalFileName name) => $"{RepositoryLayout.WalFile(name)} of {Storage.Address}";

    private HighwaterException Conflict(WalFileName name, Sha256Hash there, Sha256Hash offered, Exception inner) => new(
        ErrorCodes.WalConflict,
        $"{What(name)} holds other bytes (SHA-256 {there}) than the WAL file {name} that is to be stored "
        + $"(SHA-256 {offered}). What is there was kept.",
        "find out which server wrote the second one: two servers with the same system identifier "
        + $"({Repository.Description.SystemIdentifier}; a cloned machine, a restored copy, a standby promoted twice) "
        + "archive into the same place. Set archive_command = '' on the one that is not the production server, or give "
        + "it a spool and a repository of its own (WAL_SPOOL_PATH, LOCAL_BACKUP_PATH, REMOTE_BACKUP_PATH)",
        inner);
}
