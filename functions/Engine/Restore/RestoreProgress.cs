namespace Highwater.Engine.Restore;

/// <summary>How far a restore is.</summary>
/// <param name="FilesDone">Files complete and verified.</param>
/// <param name="Files">All files.</param>
/// <param name="BytesDone">Bytes of restored files, zeros included.</param>
/// <param name="Bytes">Of all files.</param>
public sealed record RestoreProgress(long FilesDone, long Files, long BytesDone, long Bytes)
{
    /// <summary>0 to 100.</summary>
    public double Percent => Bytes == 0 ? 100 : 100.0 * BytesDone / Bytes;
}
