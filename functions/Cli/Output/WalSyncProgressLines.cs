using Highwater.Cli.Orchestrations;
using Highwater.Engine.Diagnostics;
using Highwater.FunctionApp.WalSync;

namespace Highwater.Cli.Output;

/// <summary>Says how a WAL sync of more than one pass gets on: with what each repository still lacks.</summary>
public sealed class WalSyncProgressLines(Terminal terminal)
{
    private string? _last;

    public void Report(OrchestrationSnapshot snapshot)
    {
        if (snapshot.Progress<WalSyncStatus>() is not { } status)
            return;
        var line = "  " + string.Join("; ", status.Replicated.Select(Describe));
        if (line != _last)
            terminal.Progress(line, Percent(status));
        _last = line;
    }

    private static string Describe(ReplicatedWal repository) =>
        $"{repository.Repository}: {repository.Files} files, {new ByteCount(repository.Bytes)} copied, "
        + $"{repository.Remaining} files, {new ByteCount(repository.RemainingBytes)} wait";

    private static double? Percent(WalSyncStatus status)
    {
        var (done, left) = (status.Replicated.Sum(r => r.Bytes), status.Replicated.Sum(r => r.RemainingBytes));
        return done + left == 0 ? null : 100.0 * done / (done + left);
    }
}
