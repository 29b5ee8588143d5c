using System.Security.Cryptography;
using Highwater.Engine.Storage;
using ZstdSharp;

namespace Highwater.Engine.Repository;

/// <summary>
/// Collects bytes of unknown length, compressed, in a file that goes away by itself, until they can be put. Not for
/// concurrent use.
/// </summary>
public sealed class CompressedTemporaryFile : IAsyncDisposable
{
    private readonly FileStream _file;
    private readonly CompressionStream _zstd;
    private bool _finished;

    /// <param name="temporaryFolder">An existing folder with room.</param>
    public CompressedTemporaryFile(string temporaryFolder)
    {
        _file = new FileStream(Path.Combine(temporaryFolder, Path.GetRandomFileName()), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            BufferSize = 1 << 16,
        });
        _zstd = new CompressionStream(_file, level: 3, leaveOpen: true);
    }

    /// <summary>Takes the plain bytes.</summary>
    public Stream Plain => _zstd;

    /// <summary>Closes the frame and gives it as content to put, valid until disposal. Nothing can be added
    /// afterwards.</summary>
    public async Task<ObjectContent> FinishAsync(CancellationToken cancellationToken)
    {
        await CloseFrameAsync();
        await _file.FlushAsync(cancellationToken);
        _file.Position = 0;
        var hash = new Sha256Hash(await SHA256.HashDataAsync(_file, cancellationToken));
        return new ObjectContent(_file.Length, hash, _ => ValueTask.FromResult(OpenStored()));
    }

    /// <summary>The plain bytes again, once finished.</summary>
    public Stream OpenPlain() => new DecompressionStream(OpenStored(), leaveOpen: false);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await CloseFrameAsync();
        }
        finally
        {
            // A full disk is reported by closing; the file goes away all the same.
            await _file.DisposeAsync();
        }
    }

    private Stream OpenStored() =>
        File.Open(_file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private async Task CloseFrameAsync()
    {
        if (_finished)
            return;
        _finished = true;
        await _zstd.DisposeAsync();
    }
}
