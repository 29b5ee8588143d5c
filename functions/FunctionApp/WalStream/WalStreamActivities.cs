using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.WalStream;

/// <summary>The one step of streaming: a session of about a minute, restartable.</summary>
public sealed partial class WalStreamActivities(
    WalOptions wal, ClusterRepositories repositories, StreamWal streamWal, ILogger<WalStreamActivities> logger)
{
    public const string StreamWal = "StreamWal";

    // Long enough to cost nothing, short enough for a server that shuts down to wait for nobody.
    private static readonly TimeSpan Session = TimeSpan.FromSeconds(60);

    /// <summary>What stands in the way is in the result and in the log, there once until it changes.</summary>
    [Function(StreamWal)]
    public async Task<WalStreamStatus> StreamWalAsync([ActivityTrigger] WalStreamStatus before, FunctionContext context)
    {
        var next = before with { Sessions = before.Sessions + 1, Faults = [], Error = null };
        if (wal.Source == WalSource.Archive)
            return next with { IsOver = true };
        try
        {
            var local = await repositories.OpenLocalAsync(context.CancellationToken);
            var streamed = await streamWal.RunAsync(
                local, repositories.CopiesOf(local), StreamLimit.For(Session), context.CancellationToken);
            if (before.Error is not null)
                LogBack();
            return next with
            {
                Timeline = streamed.Timeline,
                Durable = streamed.Durable.ToString(),
                Acknowledged = streamed.Acknowledged == Lsn.None ? null : streamed.Acknowledged.ToString(),
                Faults = [.. streamed.Faults.Select(fault => fault.Describe())],
            };
        }
        catch (HighwaterException e)
        {
            if (e.Message != before.Error)
                LogFailed(e.Message);
            return next with { Error = e.Message };
        }
    }

    [LoggerMessage(1301, LogLevel.Error, "WAL is not streamed, and it is tried again: {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(1302, LogLevel.Information, "WAL is streamed again")]
    private partial void LogBack();
}
