using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Backup;

/// <summary>
/// Cuts files into chunks, has all cores work on them, and stores the new ones in the order of the files. Memory is
/// bounded: a few chunks for each core, a few packs, and the lines that wait for the name of the open pack.
/// </summary>
internal sealed class ChunkPipeline : IAsyncDisposable
{
    /// <summary>With so many chunks waiting for the open pack's name, it is closed early (about 100 bytes
    /// each).</summary>
    private const int MostChunksWaiting = 200_000;

    private readonly KnownChunks _known;
    private readonly PackSink _sink;
    private readonly FileListWriter _list;
    private readonly int _chunkSize;
    private readonly ChunkProcessor _processor;
    private readonly Channel<Step> _steps;
    private readonly CancellationTokenSource _stop;
    private readonly Task _storing;
    private readonly List<FileDraft> _waiting = [];
    private int _waitingChunks;

    public ChunkPipeline(
        KnownChunks known, PackSink sink, FileListWriter list, int chunkSize, CancellationToken cancellationToken)
    {
        (_known, _sink, _list, _chunkSize) = (known, sink, list, chunkSize);
        _processor = new ChunkProcessor(known.Index);
        _steps = Channel.CreateBounded<Step>(new BoundedChannelOptions(8 * Environment.ProcessorCount)
        {
            SingleReader = true,
            SingleWriter = true,
        });
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _storing = Task.Run(StoreAllAsync, CancellationToken.None);
    }

    /// <summary>Plain bytes of all files so far.</summary>
    public long DatabaseBytes { get; private set; }

    /// <summary>Plain bytes of the chunks that were not stored before.</summary>
    public long NewChunkBytes { get; private set; }

    /// <summary>Adds what has no content: a directory or a symbolic link.</summary>
    public Task AddAsync(FileListEntry entry) => WriteAsync(new Step(new FileDraft(entry), null, entry));

    /// <summary>Adds a file and reads its content to the end.</summary>
    /// <returns>SHA-256 of the content.</returns>
    public async Task<Sha256Hash> AddFileAsync(FileListEntry entry, Stream content, CancellationToken cancellationToken)
    {
        var draft = new FileDraft(entry);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(_chunkSize);
            var length = await content.ReadAtLeastAsync(
                buffer.AsMemory(0, _chunkSize), _chunkSize, throwOnEndOfStream: false, cancellationToken);
            if (length == 0)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                break;
            }

            sha256.AppendData(buffer, 0, length);
            DatabaseBytes += length;
            var processing = Task.Run(() => _processor.Process(buffer, length), CancellationToken.None);
            await WriteAsync(new Step(draft, processing, null));
            if (length < _chunkSize)
                break;
        }

        var hash = new Sha256Hash(sha256.GetHashAndReset());
        draft.Hash = hash;
        await WriteAsync(new Step(draft, null, null));
        return hash;
    }

    /// <summary>Waits until every chunk is durable in the local repository and every line is in the file
    /// list.</summary>
    public async Task CompleteAsync()
    {
        _steps.Writer.TryComplete();
        await _storing;
    }

    public async ValueTask DisposeAsync()
    {
        _steps.Writer.TryComplete();
        await _stop.CancelAsync();

        // What it failed with was thrown by AddAsync or CompleteAsync, or an earlier error is on its way up already.
        await _storing.ContinueWith(_ => { }, TaskScheduler.Default);
        while (_steps.Reader.TryRead(out var step))
            await (step.Chunk ?? Task.CompletedTask).ContinueWith(_ => { }, TaskScheduler.Default);
        _processor.Dispose();
        _stop.Dispose();
    }

    private async Task WriteAsync(Step step)
    {
        // A full channel whose reader has failed would wait for ever.
        var writing = _steps.Writer.WriteAsync(step, _stop.Token).AsTask();
        if (await Task.WhenAny(writing, _storing) == _storing && !writing.IsCompletedSuccessfully)
            await _storing;
        await writing;
    }

    private async Task StoreAllAsync()
    {
        await foreach (var step in _steps.Reader.ReadAllAsync(_stop.Token))
        {
            if (step.Chunk is not null)
                await StoreAsync(step.File, await step.Chunk);
            else if (step.WithoutContent is not null)
                _list.Add(step.WithoutContent);
            else
                await EndFileAsync(step.File);
        }

        await ClosePackAsync();
        await _sink.FlushAsync();
    }

    private async Task StoreAsync(FileDraft file, ProcessedChunk chunk)
    {
        if (chunk.IsZero)
        {
            file.AddZero();
            return;
        }

        try
        {
            // Its twin may have been stored since it was looked up.
            if (chunk.Known is { } known || _known.Index.TryFind(chunk.Hash, out known))
            {
                file.AddStored(chunk.Hash, _known.Packs[known.Pack], known);
                return;
            }

            var (slot, location, full) = _sink.Add(chunk.Hash, chunk.Compressed.AsMemory(0, chunk.CompressedLength));
            NewChunkBytes += chunk.PlainLength;
            _known.Index.Add(chunk.Hash, location);
            file.AddStored(chunk.Hash, slot, location);
            if (full)
                await ClosePackAsync();
        }
        finally
        {
            if (chunk.Compressed is not null)
                ArrayPool<byte>.Shared.Return(chunk.Compressed);
        }
    }

    private async Task EndFileAsync(FileDraft file)
    {
        if (file.IsResolved)
        {
            _list.Add(file.ToEntry());
            return;
        }

        _waiting.Add(file);
        _waitingChunks += file.Chunks;
        if (_waitingChunks > MostChunksWaiting)
            await ClosePackAsync();
    }

    private async Task ClosePackAsync()
    {
        await _sink.CloseAsync(_stop.Token);
        foreach (var file in _waiting)
            _list.Add(file.ToEntry());
        _waiting.Clear();
        _waitingChunks = 0;
    }

    private readonly record struct Step(FileDraft File, Task<ProcessedChunk>? Chunk, FileListEntry? WithoutContent);
}
