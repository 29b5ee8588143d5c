using Highwater.Engine.Diagnostics;
using Highwater.Engine.Diagnostics.Checks;
using Highwater.Engine.Errors;
using Highwater.FunctionApp;
using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.WalStream;
using Highwater.FunctionApp.WalSync;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;

namespace Highwater.Cli.Orchestrations;

/// <summary>Asks a serving process how the latest runs of the scheduled orchestrations ended.</summary>
public static class ReadSchedule
{
    /// <param name="configuration">The settings as they stand.</param>
    /// <param name="serve">Finds the serving process.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ScheduleFacts> RunAsync(
        IConfiguration configuration, AwaitServe serve, CancellationToken cancellationToken)
    {
        if (await serve.FindAsync(cancellationToken) is not { } address)
            return new ScheduleFacts(null, null, []);
        var url = address.OriginalString;
        try
        {
            await using var host = new ServedHost(address, configuration);
            var backup = await host.FindAsync(BaseBackupOrchestration.Name, cancellationToken);
            var sync = await host.FindAsync(WalSyncOrchestration.Name, cancellationToken);
            var stream = await host.FindAsync(WalStreamOrchestration.Name, cancellationToken);
            return new ScheduleFacts(url, null,
            [
                .. Read<BaseBackupOutcome>(BaseBackupOrchestration.Name, backup, outcome => outcome.Repositories),
                .. Read<WalSyncOutcome>(WalSyncOrchestration.Name, sync, outcome => outcome.Repositories),
                .. ReadStream(stream),
            ]);
        }
        catch (HighwaterException e)
        {
            return new ScheduleFacts(url, new StatusFault(e.Code.Code, e.WhatHappened, e.Remedy), []);
        }
    }

    private static IEnumerable<LastRun> Read<TOutcome>(
        string name, OrchestrationSnapshot? run, Func<TOutcome, IReadOnlyList<RepositoryOutcome>> repositories)
        where TOutcome : class
    {
        if (run is null)
            return [];
        if (!run.IsCompleted)
            return [new LastRun(name, null)];
        var error = run.Status == OrchestrationRuntimeStatus.Completed
            ? repositories(run.Result<TOutcome>()).Select(repository => repository.Error)
                .FirstOrDefault(found => found is not null)
            : run.Output?.ToString() ?? run.Status.ToString();
        return [new LastRun(name, error is null ? null : FaultOf(error))];
    }

    /// <summary>It never ends: what it met last is in its custom status.</summary>
    private static IEnumerable<LastRun> ReadStream(OrchestrationSnapshot? stream)
    {
        if (stream?.Progress<WalStreamStatus>() is not { IsOver: false } status)
            return [];
        var error = status.Error ?? (status.Faults is [var first, ..] ? first : null);
        return [new LastRun(
            WalStreamOrchestration.Name, error is null ? null : FaultOf(error), status.Error is not null)];
    }

    private static StatusFault FaultOf(string error)
    {
        if (ErrorCodes.Parse(error) is not { } parsed)
            return new StatusFault(ErrorCodes.OrchestrationFailed.Code, error, "see the log of 'highwater serve'");
        var known = HighwaterException.From(parsed);
        return new StatusFault(known.Code.Code, known.WhatHappened, known.Remedy);
    }
}
