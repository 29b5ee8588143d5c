namespace Highwater.EndToEnd.Tests.Chaos;

/// <summary>Something that goes wrong, for a moment or for a while.</summary>
/// <param name="Name">For the log of the storm.</param>
/// <param name="Begin">Makes it so; the number is drawn at random from 0 to 99, for what there is to choose.</param>
/// <param name="End">Heals it; null if there is nothing to heal.</param>
internal sealed record Disturbance(
    string Name, Func<int, CancellationToken, Task> Begin, Func<CancellationToken, Task>? End = null);
