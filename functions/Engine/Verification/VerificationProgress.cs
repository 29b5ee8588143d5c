namespace Highwater.Engine.Verification;

/// <summary>How far a verification is.</summary>
/// <param name="ObjectsDone">Objects looked at so far.</param>
/// <param name="ObjectsTotal">Objects to look at.</param>
/// <param name="BytesDone">Bytes hashed so far.</param>
/// <param name="BytesTotal">Bytes to hash.</param>
public sealed record VerificationProgress(long ObjectsDone, long ObjectsTotal, long BytesDone, long BytesTotal);
