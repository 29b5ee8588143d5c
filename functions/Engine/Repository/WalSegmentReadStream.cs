using System.Security.Cryptography;
using Highwater.Engine.Errors;
using Highwater.Engine.Formats;
using Highwater.Engine.Storage;
using ZstdSharp;

namespace Highwater.Engine.Repository;

/// <summary>
/// The plain bytes of a stored segment. At the end they are compared with the header's length and SHA-256: who reads
/// to the end without an error has the right bytes, and who stops earlier knows nothing.
/// </summary>
internal sealed class WalSegmentReadStream(Stream stored, WalSegmentHeader header, string what) : ForwardReadStream
{
    private readonly DecompressionStream _plain = new(stored, leaveOpen: false);
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _bytesRead;
    private bool _verified;

    /// <summary>What the segment says of itself.</summary>
    public WalSegmentHeader Header => header;

    public override long Length => header.Size;

    public override long Position
    {
        get => _bytesRead;
        set => throw new NotSupportedException();
    }

    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>: the bytes are not the
    /// segment's.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await _plain.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is ZstdException or EndOfStreamException)
        {
            throw WalSegmentFrame.Damaged(what, e.Message, e);
        }

        _sha256.AppendData(buffer.Span[..count]);
        _bytesRead += count;
        if (count == 0 && buffer.Length > 0)
            Verify();
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        await _plain.DisposeAsync();
        _sha256.Dispose();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _plain.Dispose();
            _sha256.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Verify()
    {
        if (_verified)
            return;
        var hash = new Sha256Hash(_sha256.GetHashAndReset());
        if (_bytesRead != header.Size || hash != header.Sha256)
            throw WalSegmentFrame.Damaged(
                what,
                $"it holds {_bytesRead} bytes with SHA-256 {hash}, but it should hold {header.Size} with "
                + $"{header.Sha256}");
        _verified = true;
    }
}
