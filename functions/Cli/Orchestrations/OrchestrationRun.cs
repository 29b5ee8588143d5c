using Highwater.Cli.Output;
using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;
using Highwater.FunctionApp;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;

namespace Highwater.Cli.Orchestrations;

/// <summary>Starts an orchestration, or joins the one that is running, and follows it to its end.</summary>
public sealed class OrchestrationRun(IConfiguration configuration, HighwaterSettings settings, Terminal terminal)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs to the end.</summary>
    /// <param name="name">Of the orchestration.</param>
    /// <param name="report">Called with each new state until the end.</param>
    /// <param name="cancellationToken">Stops following; the orchestration goes on where it runs, or at the next
    /// start.</param>
    /// <param name="fromNowOn">Whether one that is running already is not enough, because it may have passed over what
    /// has come since it began: then another one is run after it.</param>
    /// <exception cref="HighwaterException">It failed: with the code and remedy of what failed.</exception>
    public async Task<TResult> RunAsync<TResult>(
        string name,
        Action<OrchestrationSnapshot> report,
        CancellationToken cancellationToken,
        bool fromNowOn = false)
        where TResult : class
    {
        var serve = new AwaitServe(settings.StatePath, TimeProvider.System, terminal.Note);
        await using var host = await OrchestrationHost.OpenAsync(configuration, settings, serve, cancellationToken);
        var started = await host.TryStartAsync(name, cancellationToken);
        if (!started)
            terminal.Note($"{name} is running already: following it");
        var end = await FollowAsync(host, name, report, cancellationToken);
        if (!started && fromNowOn)
        {
            await host.TryStartAsync(name, cancellationToken);
            end = await FollowAsync(host, name, report, cancellationToken);
        }

        return end.Status == OrchestrationRuntimeStatus.Completed
            ? end.Result<TResult>()
            : throw Failed(name, end.Output?.ToString() ?? end.Status.ToString());
    }

    private static async Task<OrchestrationSnapshot> FollowAsync(
        IOrchestrationHost host,
        string name,
        Action<OrchestrationSnapshot> report,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var snapshot = await host.FindAsync(name, cancellationToken)
                ?? throw Failed(name, "it vanished from the history");
            if (snapshot.IsCompleted)
                return snapshot;
            report(snapshot);
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <summary>What a run that reached some repositories and not others exits with, after saying so.</summary>
    public ExitCode Report(IEnumerable<RepositoryOutcome> outcomes)
    {
        var exitCode = ExitCode.Done;
        foreach (var outcome in outcomes.Where(outcome => outcome.Error is not null))
        {
            var error = ErrorCodes.Parse(outcome.Error!);
            exitCode = error?.Code.ExitCode ?? ExitCode.Trouble;
            terminal.Note(
                $"highwater: repository '{outcome.Repository}' is not complete: {error?.Text ?? outcome.Error}");
        }

        return exitCode;
    }

    private static HighwaterException Failed(string name, string reason)
    {
        // A failure crosses the orchestration as text; its code and remedy stand in the text.
        return ErrorCodes.Parse(reason) is { } error
            ? HighwaterException.From(error)
            : new HighwaterException(
                ErrorCodes.OrchestrationFailed, $"{name} failed: {reason}", "see the log of the process that ran it");
    }
}
