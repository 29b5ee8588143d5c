namespace Highwater.Engine.Verification;

/// <summary>Counts what is done, from several tasks at once.</summary>
internal sealed class CheckProgress(IReadOnlyCollection<ObjectCheck> checks, IProgress<VerificationProgress>? listener)
{
    private readonly long bytesTotal = checks.Sum(check => check.BytesToHash);
    private long objects;
    private long bytes;

    public long Objects => Volatile.Read(ref objects);

    public long Bytes => Volatile.Read(ref bytes);

    public void Add(ObjectCheck check)
    {
        var objectsDone = Interlocked.Increment(ref objects);
        var bytesDone = Interlocked.Add(ref bytes, check.BytesToHash);
        listener?.Report(new VerificationProgress(objectsDone, checks.Count, bytesDone, bytesTotal));
    }
}
