namespace Highwater.CrashTarget;

/// <summary>Plays the activities as the scenario says.</summary>
public sealed class Stage(Scenario scenario, EffectStore effects, VirtualClock clock)
{
    /// <summary>One execution of a call: it is noted, takes its time, and has its effect or fails.</summary>
    /// <param name="call">The activity and what it works on.</param>
    /// <param name="effect">The key of what it leaves; null if it only looks.</param>
    /// <param name="cancellationToken">Of the activity.</param>
    public async Task PlayAsync(string call, string? effect, CancellationToken cancellationToken)
    {
        effects.NoteExecution(call);
        if (scenario.Durations.TryGetValue(call, out var duration))
            await clock.SleepAsync(duration, cancellationToken);
        if (scenario.Faults.TryGetValue(call, out var fault) && clock.Elapsed < fault.Until)
            throw fault.Error;
        if (effect is not null)
            effects.TryPut(effect);
    }
}
