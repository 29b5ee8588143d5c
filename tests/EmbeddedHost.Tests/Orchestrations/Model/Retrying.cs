namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <param name="Kind">By policy or by one of two handlers.</param>
/// <param name="Attempts">At most so many.</param>
/// <param name="First">The first pause, in seconds.</param>
/// <param name="Backoff">What each further pause of a policy is multiplied by.</param>
/// <param name="Longest">The longest pause of a policy, in seconds.</param>
/// <param name="Timeout">A policy gives up after so many seconds; 0 is never.</param>
/// <param name="NotInputOutput">The policy does not try again what failed with an IOException.</param>
internal sealed record Retrying(
    RetryKind Kind, int Attempts, int First, int Backoff, int Longest, int Timeout, bool NotInputOutput)
{
    public int PauseAfter(int attempt) => (int)Math.Min(First * Math.Pow(Backoff, attempt - 1), Longest);
}
