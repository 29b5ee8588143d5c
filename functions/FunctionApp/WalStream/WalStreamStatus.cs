namespace Highwater.FunctionApp.WalStream;

/// <summary>How streaming goes: the custom status of its orchestration, and what one session hands to the
/// next.</summary>
/// <param name="Sessions">How many sessions there were.</param>
/// <param name="Timeline">The server's in the last session; 0 before the first.</param>
/// <param name="Durable">Everything before this LSN is durable in the local repository; null before the first
/// session.</param>
/// <param name="Acknowledged">The server was told that it may forget everything before this LSN; null if it was told
/// nothing.</param>
/// <param name="Faults">What the last session met that an operator has to know of.</param>
/// <param name="Error">Why the last session failed, with the remedy; null if it did not.</param>
/// <param name="IsOver">Whether WAL is not streamed any more, by the settings.</param>
public sealed record WalStreamStatus(
    int Sessions,
    uint Timeline,
    string? Durable,
    string? Acknowledged,
    IReadOnlyList<string> Faults,
    string? Error,
    bool IsOver = false)
{
    /// <summary>Before the first session.</summary>
    public static WalStreamStatus None => new(0, 0, null, null, [], null);
}
