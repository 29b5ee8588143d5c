using System.Buffers;
using System.Collections.Concurrent;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging;
using ZstdSharp;

namespace Highwater.Engine.Restore;

/// <summary>
/// Reads chunks and proves them. What one repository cannot give, or gives wrong, the next one is asked for.
/// </summary>
internal sealed partial class ChunkSources(
    BackupRepository first, IReadOnlyList<RepositorySource> others, int chunkSize, ILogger logger)
{
    private readonly List<Lazy<Task<BackupRepository>>> _sources =
    [
        new(Task.FromResult(first)),
        .. others.Select(source => new Lazy<Task<BackupRepository>>(() => source.OpenAsync(CancellationToken.None))),
    ];

    private readonly ConcurrentDictionary<int, bool> _away = [];
    private long _readBytes;
    private long _replaced;

    /// <summary>Bytes read so far.</summary>
    public long ReadBytes => Volatile.Read(ref _readBytes);

    /// <summary>Chunks that did not come from the first repository.</summary>
    public long ReplacedChunks => Volatile.Read(ref _replaced);

    /// <summary>Reads all the chunks and writes them into their files.</summary>
    /// <exception cref="HighwaterException">No repository has one of them whole: what the last one said.</exception>
    public async Task RestoreAsync(
        IReadOnlyList<ChunkPlace> places, Action<ChunkPlace, bool> onWritten, CancellationToken cancellationToken)
    {
        var missing = places;
        HighwaterException? trouble = null;
        foreach (var source in Enumerable.Range(0, _sources.Count).OrderBy(_away.ContainsKey).ThenBy(i => i).ToList())
        {
            var left = new List<ChunkPlace>();
            foreach (var range in ChunkRange.Of(missing))
                trouble = await RestoreRangeAsync(source, range, left, onWritten, cancellationToken) ?? trouble;
            if (source > 0)
                Interlocked.Add(ref _replaced, missing.Count - left.Count);
            missing = left;
            if (missing.Count == 0)
                return;
        }

        throw trouble!;
    }

    private async Task<HighwaterException?> RestoreRangeAsync(
        int source,
        ChunkRange range,
        List<ChunkPlace> left,
        Action<ChunkPlace, bool> onWritten,
        CancellationToken cancellationToken)
    {
        var compressed = ArrayPool<byte>.Shared.Rent((int)range.Range.Length);
        var plain = ArrayPool<byte>.Shared.Rent(chunkSize);
        try
        {
            if (await ReadAsync(source, range, compressed, cancellationToken) is { } trouble)
            {
                left.AddRange(range.Places);
                return trouble;
            }

            return Write(await _sources[source].Value, range, compressed, plain.AsSpan(0, chunkSize), left, onWritten);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compressed);
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    /// <summary>Reads the compressed bytes; what went wrong, or null.</summary>
    private async Task<HighwaterException?> ReadAsync(
        int source, ChunkRange range, byte[] compressed, CancellationToken cancellationToken)
    {
        var length = (int)range.Range.Length;
        try
        {
            var repository = await _sources[source].Value;
            var key = RepositoryLayout.Pack(range.Pack);
            await using var stream = await repository.Storage.OpenReadAsync(key, range.Range, cancellationToken);
            await stream.ReadExactlyAsync(compressed.AsMemory(0, length), cancellationToken);
            Interlocked.Add(ref _readBytes, length);
            return null;
        }
        catch (HighwaterException e)
        {
            LogReadFailed(e, range.Pack, range.Places.Count);

            // From now on it is asked last: each question may cost a whole deadline.
            if (e is TransientException)
                _away[source] = true;
            return e;
        }
    }

    private HighwaterException? Write(
        BackupRepository repository,
        ChunkRange range,
        byte[] compressed,
        Span<byte> plain,
        List<ChunkPlace> left,
        Action<ChunkPlace, bool> onWritten)
    {
        HighwaterException? trouble = null;
        using var zstd = new Decompressor();
        foreach (var place in range.Places)
        {
            var frame = compressed.AsSpan((int)(place.Offset - range.Range.Offset), place.Length);
            if (FindFault(zstd, frame, plain, place) is { } fault)
            {
                trouble = Damaged(repository, RepositoryLayout.Pack(range.Pack), place, fault);
                LogReadFailed(trouble, range.Pack, 1);
                left.Add(place);
                continue;
            }

            onWritten(place, place.File.Write(plain[..place.PlainLength], place.FileOffset));
        }

        return trouble;
    }

    private static string? FindFault(Decompressor zstd, ReadOnlySpan<byte> frame, Span<byte> plain, ChunkPlace place)
    {
        try
        {
            var length = zstd.Unwrap(frame, plain);
            return length == place.PlainLength && Sha256Hash.Of(plain[..length]) == place.Chunk
                ? null
                : "it has other bytes than it should";
        }
        catch (ZstdException e)
        {
            return $"it cannot be decompressed ({e.Message})";
        }
    }

    private static HighwaterException Damaged(
        BackupRepository repository, string key, ChunkPlace place, string fault) => new(
        ErrorCodes.RepositoryDamaged,
        $"The chunk {place.Chunk} of {place.File.Entry.Path} in {key} of {repository.Storage.Address} is damaged: "
        + $"{fault}.",
        "name another repository as well (--repository local --repository remote), or run 'highwater verify --repair'");

    [LoggerMessage(6021, LogLevel.Warning, "{Chunks} chunks of the pack {Pack} could not be read")]
    private partial void LogReadFailed(Exception e, Sha256Hash pack, int chunks);
}
