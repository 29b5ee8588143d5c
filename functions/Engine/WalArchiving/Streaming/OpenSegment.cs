using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Storage;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>
/// The segment that is being received, in a work file that goes away with it: segments have up to 1 GiB. One writer;
/// readers see everything up to <see cref="Written"/>.
/// </summary>
internal sealed class OpenSegment : IAsyncDisposable
{
    private readonly FileStream _file;
    private readonly string _path;
    private long _written;

    private OpenSegment(WalSegmentName name, WalSegmentSize size, string path)
    {
        (Name, Size, _path) = (name, size, path);
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 0,
        });
    }

    public WalSegmentName Name { get; }

    public WalSegmentSize Size { get; }

    /// <summary>The LSN of its first byte.</summary>
    public Lsn Start => Name.Start(Size);

    /// <summary>How many bytes are there, from the segment's start.</summary>
    public long Written => Volatile.Read(ref _written);

    public bool IsFull => Written == Size.Bytes;

    /// <param name="name">Which segment.</param>
    /// <param name="size">Of the cluster's segments.</param>
    /// <param name="folder">Where the work file goes; made if it is not there.</param>
    /// <exception cref="HighwaterException">3xx: the folder cannot be written to.</exception>
    public static OpenSegment Create(WalSegmentName name, WalSegmentSize size, string folder)
    {
        var path = Path.Combine(folder, $"stream-{Guid.CreateVersion7():N}");
        try
        {
            Directory.CreateDirectory(folder);
            return new OpenSegment(name, size, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="HighwaterException">3xx: the work file cannot be written.</exception>
    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(_file.SafeFileHandle, bytes, _written, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(_path, e);
        }

        Volatile.Write(ref _written, _written + bytes.Length);
    }

    /// <summary>Forgets what was added last.</summary>
    public void CutTo(long length) => Volatile.Write(ref _written, Math.Min(_written, length));

    /// <summary>A stream that adds what is written to it.</summary>
    public Stream Appender() => new SegmentAppender(this);

    /// <summary>The bytes of a part that is written already. Stays readable when the segment is disposed.</summary>
    /// <exception cref="FileNotFoundException">The segment was disposed before.</exception>
    public Stream Open(long from, long to) => new FileSlice(
        File.OpenHandle(
            _path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous),
        from,
        to);

    /// <summary>The whole file, seekable.</summary>
    public Stream OpenWhole() => new FileStream(_path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        Options = FileOptions.SequentialScan,
        BufferSize = 0,
    });

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private static HighwaterException Unusable(string path, Exception e) => new TransientException(
        ErrorCodes.StorageFailed,
        $"The work file of the WAL segment that is being received cannot be written, {path}: {e.Message}",
        "make room there and let this user write: it is the folder tmp/ of the local repository",
        e);
}
