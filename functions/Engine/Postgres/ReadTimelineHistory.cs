using System.Diagnostics;
using System.Globalization;
using Highwater.Engine.Errors;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Fetches a timeline's history file from the server, byte for byte (TIMELINE_HISTORY; documentation, "Streaming
/// Replication Protocol"). Through psql: Npgsql 10 takes the content for bytea, which it is no more since PostgreSQL
/// 15, and fails on it.
/// </summary>
internal sealed class ReadTimelineHistory(PostgresOptions server)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <param name="timeline">The server's own, or an ancestor of it.</param>
    /// <param name="serverMajor">Its version, to find a psql that fits.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.BaseBackupToolMissing"/>: psql comes with
    /// pg_basebackup; <see cref="ErrorCodes.PostgresQueryFailed"/>: the server has no such file.</exception>
    public async Task<byte[]> RunAsync(uint timeline, int serverMajor, CancellationToken cancellationToken)
    {
        using var enough = new CancellationTokenSource(Deadline);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellationToken);
        try
        {
            await using var psql = await StartAsync(timeline, serverMajor);
            psql.Process.StandardInput.Close();
            using var output = new MemoryStream();
            var reading = psql.Process.StandardOutput.BaseStream.CopyToAsync(output, either.Token);
            var complaint = await psql.Process.StandardError.ReadToEndAsync(either.Token);
            await reading;
            await psql.Ended.WaitAsync(either.Token);
            return Parse(output.ToArray()) ?? throw Failed(timeline, complaint.Trim());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw PostgresErrors.Unreachable(server, $"no answer to TIMELINE_HISTORY within {Deadline.TotalSeconds} s");
        }
    }

    /// <summary>Name, zero, content, zero: history files hold no zero byte.</summary>
    private static byte[]? Parse(ReadOnlySpan<byte> output)
    {
        var start = output.IndexOf((byte)0) + 1;
        var length = start > 0 ? output[start..].IndexOf((byte)0) : -1;
        return length > 0 ? output.Slice(start, length).ToArray() : null;
    }

    private async Task<BoundProcess> StartAsync(uint timeline, int serverMajor)
    {
        var tool = Path.Combine(Path.GetDirectoryName(BaseBackupTool.Find(serverMajor))!, "psql");
        var command = new ProcessStartInfo(
            tool,
            ["--no-psqlrc", "--no-password", "--no-align", "--tuples-only", "--field-separator-zero",
                "--record-separator-zero", "--command",
                string.Create(CultureInfo.InvariantCulture, $"TIMELINE_HISTORY {timeline}"),
                LibpqEnvironment.ConnectionString(server) + " replication=true"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        LibpqEnvironment.Prepare(command, server, "highwater");
        try
        {
            return await BoundProcess.StartAsync(command);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw BaseBackupTool.Missing(serverMajor, e);
        }
    }

    private HighwaterException Failed(uint timeline, string complaint) => new(
        ErrorCodes.PostgresQueryFailed,
        $"PostgreSQL at {server.Host}:{server.Port} did not give the history of timeline {timeline}: {complaint}",
        $"see that {timeline:X8}.history is in the server's pg_wal; if it is lost there, copy it from its archive");
}
