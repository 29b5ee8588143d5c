namespace Highwater.FunctionApp.BaseBackup;

/// <summary>The custom status of a running base backup: what it is doing now.</summary>
/// <param name="Step">The activity at work.</param>
/// <param name="Repository">The repository it works on, if on one.</param>
/// <param name="Phase">PostgreSQL's own word for where it is, while it sends.</param>
/// <param name="BytesDone">Bytes the server has sent.</param>
/// <param name="BytesTotal">Its estimate of all it will send.</param>
public sealed record BaseBackupStatus(
    string Step, string? Repository = null, string? Phase = null, long? BytesDone = null, long? BytesTotal = null)
{
    /// <summary>0 to 100; null while the total is unknown.</summary>
    public double? Percent => BytesTotal is > 0 && BytesDone is { } done
        ? Math.Min(100, Math.Round(100.0 * done / BytesTotal.Value, 1))
        : null;
}
