using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>Does what a program says, by the context of a real orchestration.</summary>
internal sealed class ProgramInterpreter(TaskOrchestrationContext context)
{
    public Task<string[]> RunAsync(Step step) => step.Kind switch
    {
        StepKind.Activity => CallAsync(step),
        StepKind.Forgotten => ForgetAsync(step),
        StepKind.Timer => SleepAsync(step),
        StepKind.Event => WaitAsync(step),
        StepKind.Status => SetStatusAsync(step),
        StepKind.Fail => throw new FormatException($"{step.Tag} threw"),
        StepKind.Sequence => RunInTurnAsync(step),
        StepKind.Parallel => RunTogetherAsync(step),
        StepKind.Try => TryAsync(step),
        StepKind.Sub => CallSubAsync(step),
        _ => throw new NotSupportedException($"{step.Kind}"),
    };

    private async Task<string[]> CallAsync(Step step)
    {
        var name = step.Missing ? $"No{step.Tag}" : ProgramFunctions.Activity;
        return [await context.CallActivityAsync<string>(name, step, OptionsFor(step.Retry))];
    }

    private Task<string[]> ForgetAsync(Step step)
    {
        _ = CallAsync(step);
        return Task.FromResult<string[]>([]);
    }

    private async Task<string[]> CallSubAsync(Step step)
    {
        var options = OptionsFor(step.Retry) ?? new TaskOptions();
        return await context.CallSubOrchestratorAsync<string[]>(
            ProgramFunctions.Orchestration,
            ProgramInput.Of(new Round(step.Steps[0], KeepEvents: true)),
            step.Named ? options.WithInstanceId(step.Tag) : options);
    }

    private async Task<string[]> SleepAsync(Step step)
    {
        await context.CreateTimer(TimeSpan.FromSeconds(step.Seconds), CancellationToken.None);
        return [$"slept@{Second}"];
    }

    private async Task<string[]> WaitAsync(Step step)
    {
        try
        {
            var payload = step.Seconds == 0
                ? await context.WaitForExternalEvent<string>(step.Tag)
                : await context.WaitForExternalEvent<string>(step.Tag, TimeSpan.FromSeconds(step.Seconds));
            return [$"{payload}@{Second}"];
        }
        catch (TaskCanceledException)
        {
            return [$"no {step.Tag}@{Second}"];
        }
    }

    private Task<string[]> SetStatusAsync(Step step)
    {
        context.SetCustomStatus(step.Tag);
        return Task.FromResult<string[]>([]);
    }

    private async Task<string[]> RunInTurnAsync(Step step)
    {
        var log = new List<string>();
        foreach (var child in step.Steps)
        {
            log.AddRange(await RunAsync(child));
        }

        return [.. log];
    }

    private async Task<string[]> RunTogetherAsync(Step step) =>
        [.. (await Task.WhenAll(step.Steps.Select(StartAsync))).SelectMany(log => log)];

    // A step that throws at once must not keep its siblings from starting.
    private async Task<string[]> StartAsync(Step step) => await RunAsync(step);

    private async Task<string[]> TryAsync(Step step)
    {
        try
        {
            return await RunAsync(step.Steps[0]);
        }
        catch (TaskFailedException e)
        {
            return [$"caught {Failures.Chain(e.FailureDetails)}"];
        }
        catch (FormatException e)
        {
            return [$"caught {typeof(FormatException).FullName}: {e.Message}"];
        }
    }

    private int Second => (int)(context.CurrentUtcDateTime - ScenarioRun.Start.UtcDateTime).TotalSeconds;

    private static TaskOptions? OptionsFor(Retrying? retry) => retry?.Kind switch
    {
        null => null,
        RetryKind.Policy => TaskOptions.FromRetryPolicy(new RetryPolicy(
            retry.Attempts,
            TimeSpan.FromSeconds(retry.First),
            retry.Backoff,
            TimeSpan.FromSeconds(retry.Longest),
            retry.Timeout == 0 ? null : TimeSpan.FromSeconds(retry.Timeout))
        {
            HandleFailure = failure => !retry.NotInputOutput || !failure.IsCausedBy<IOException>(),
        }),
        RetryKind.Handler => TaskOptions.FromRetryHandler(asked => asked.LastAttemptNumber < retry.Attempts),
        _ => TaskOptions.FromRetryHandler(async asked =>
        {
            await asked.OrchestrationContext.CreateTimer(TimeSpan.FromSeconds(retry.First), asked.CancellationToken);
            return asked.LastAttemptNumber < retry.Attempts;
        }),
    };
}
