using System.Globalization;
using Highwater.Cli.Orchestrations;
using Highwater.Engine.Diagnostics;
using Highwater.FunctionApp.BaseBackup;

namespace Highwater.Cli.Output;

/// <summary>Says what a base backup does: a line that redraws itself on a terminal, one line for each change
/// elsewhere.</summary>
public sealed class BackupProgressLines(Terminal terminal)
{
    private string? _last;

    public void Report(OrchestrationSnapshot snapshot)
    {
        if (snapshot.Progress<BaseBackupStatus>() is not { } status)
            return;
        var line = Describe(status);
        if (line != _last)
            terminal.Progress(line, status.Percent);
        _last = line;
    }

    private static string Describe(BaseBackupStatus status)
    {
        var line = $"  {Plain(status.Step)}" + (status.Repository is null ? "" : $" ({status.Repository})");
        if (status.BytesDone is not { } done)
            return status.Phase is null ? line : $"{line}: {status.Phase}";
        var total = status.BytesTotal is { } bytes ? $" of {new ByteCount(bytes)}" : "";
        var percent = status.Percent is { } value ? string.Create(
            CultureInfo.InvariantCulture, $", {value:0.0} %") : "";
        return $"{line}: {new ByteCount(done)}{total}{percent}";
    }

    private static string Plain(string step) => step switch
    {
        BaseBackupActivities.CheckServer => "checking the server",
        BaseBackupActivities.TakeBaseBackup => "taking the base backup",
        BaseBackupActivities.ReplicateBackup => "copying what lacks",
        BaseBackupActivities.AwaitWal => "waiting for its WAL",
        BaseBackupActivities.VerifyBackup => "verifying",
        BaseBackupActivities.Prune => "pruning",
        _ => step,
    };
}
