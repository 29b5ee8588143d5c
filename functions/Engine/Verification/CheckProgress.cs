namespace Highwater.Engine.Verification;

/// <summary>Counts what is done, from several tasks at once.</summary>
internal sealed class CheckProgress(IReadOnlyCollection<ObjectCheck> checks, IProgress<VerificationProgress>? listener)
{
    private readonly long _bytesTotal = checks.Sum(check => check.BytesToHash);
    private long _objects;
    private long _bytes;

    public long Objects => Volatile.Read(ref _objects);

    public long Bytes => Volatile.Read(ref _bytes);

    public void Add(ObjectCheck check)
    {
        var objectsDone = Interlocked.Increment(ref _objects);
        var bytesDone = Interlocked.Add(ref _bytes, check.BytesToHash);
        listener?.Report(new VerificationProgress(objectsDone, checks.Count, bytesDone, _bytesTotal));
    }
}
