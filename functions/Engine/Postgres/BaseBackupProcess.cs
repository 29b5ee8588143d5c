using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Highwater.Engine.Errors;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Postgres;

/// <summary>
/// A running pg_basebackup, WAL left to the archive (<c>-X none</c>), with a manifest of SHA-256 checksums. Never
/// outlives its owner: disposed, cancelled, or the owner killed, it is killed too.
/// <para>pg_basebackup writes to standard output only if there are no tablespaces besides the built-in ones
/// (bin/pg_basebackup.c: "can only write single tablespace to stdout"). Otherwise each is a tar in the staging
/// directory, and
/// <see cref="ReadTarsAsync"/> begins when all are there.</para>
/// <para>It waits until the server has archived the WAL of the base backup, and only then sends the manifest.</para>
/// </summary>
public sealed class BaseBackupProcess : IAsyncDisposable
{
    private readonly ServerFacts _facts;
    private readonly BaseBackupRequest _request;
    private readonly BoundProcess _process;
    private readonly BaseBackupMessages _messages;
    private readonly IdleWatch _idle;
    private readonly PostgresOptions _server;
    private readonly bool _staged;
    private BackupProgress? _lastProgress;

    private BaseBackupProcess(
        PostgresOptions server, ServerFacts facts, BaseBackupRequest request, BoundProcess process, bool staged,
        TimeProvider time, ILogger logger)
    {
        (_server, _facts, _request, _process, _staged) = (server, facts, request, process, staged);
        process.Process.StandardInput.Close();
        _messages = new BaseBackupMessages(process.Process.StandardError, logger);
        _idle = new IdleWatch(request.IdleDeadline, time, LookAsync, KillNow);
        Output = new BaseBackupStream(process.Process.StandardOutput.BaseStream, _idle, KillNow, CheckOutcomeAsync);
    }

    /// <summary>The manifest as a file, if the tars were staged; null if it is the last member of the only
    /// tar.</summary>
    public string? ManifestPath => _staged ? Path.Combine(_request.StagingDirectory, "backup_manifest") : null;

    /// <summary>The id of pg_basebackup itself.</summary>
    public int ProcessId => _process.Process.Id;

    private BaseBackupStream Output { get; }

    /// <param name="server">The cluster.</param>
    /// <param name="facts">Of that cluster, fresh: its version and tablespaces decide how pg_basebackup is
    /// called.</param>
    /// <param name="request">What to ask for.</param>
    /// <param name="time">The clock of the idle deadline.</param>
    /// <param name="logger">Gets what pg_basebackup and the server say on the way.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.BaseBackupToolMissing"/>.</exception>
    public static async Task<BaseBackupProcess> StartAsync(
        PostgresOptions server, ServerFacts facts, BaseBackupRequest request, TimeProvider time, ILogger logger)
    {
        var staged = facts.Tablespaces.Count > 0;
        var tool = BaseBackupCommand.Build(server, facts, request, toDirectory: staged);
        try
        {
            var process = await BoundProcess.StartAsync(tool);
            return new BaseBackupProcess(server, facts, request, process, staged, time, logger);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw BaseBackupTool.Missing(facts.MajorVersion, e);
        }
    }

    /// <summary>Every tar once, the data directory first: what a tablespace holds belongs below one of its
    /// entries. Read each to its end before asking for the next.</summary>
    /// <exception cref="HighwaterException">2xx: pg_basebackup failed. Thrown here or by reading a tar.</exception>
    public async IAsyncEnumerable<BaseBackupTar> ReadTarsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!_staged)
        {
            yield return new BaseBackupTar(null, Output);
            yield break;
        }

        await CompleteAsync(cancellationToken);
        await using (var data = File.OpenRead(Path.Combine(_request.StagingDirectory, "base.tar")))
            yield return new BaseBackupTar(null, data);
        foreach (var tablespace in _facts.Tablespaces)
        {
            var name = tablespace.Oid.ToString(CultureInfo.InvariantCulture) + ".tar";
            await using var tar = File.OpenRead(Path.Combine(_request.StagingDirectory, name));
            yield return new BaseBackupTar(tablespace, tar);
        }
    }

    /// <summary>Reads what nobody has read, waits for the end, and throws unless all went well. Repeatable.</summary>
    /// <exception cref="HighwaterException">2xx: pg_basebackup failed.</exception>
    public Task CompleteAsync(CancellationToken cancellationToken) =>
        Output.CopyToAsync(Stream.Null, cancellationToken);

    /// <summary>Kills pg_basebackup if it still runs and removes the staging directory.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.KillAsync();
        await _idle.DisposeAsync();
        await _messages.Completion;
        await _process.DisposeAsync();
        if (_staged && Directory.Exists(_request.StagingDirectory))
            Directory.Delete(_request.StagingDirectory, recursive: true);
    }

    private void KillNow()
    {
        if (!_process.Ended.IsCompleted)
            _process.Process.Kill(entireProcessTree: true);
    }

    private async Task CheckOutcomeAsync()
    {
        await _process.Ended;
        await _messages.Completion;
        if (_idle.Failure is { } silence)
            throw silence;
        if (_process.Process.ExitCode != 0)
            throw BaseBackupFailure.Explain(_server, _process.Process.ExitCode, _messages.LastLines);
    }

    /// <summary>
    /// Asks the server what it is at, so that the error says what was awaited. Staged tars show no bytes here: then
    /// it counts whether the server's own figure has moved.
    /// </summary>
    private async Task<HighwaterException?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var progress = await new ReadBackupProgress(_server).RunAsync(_request.ApplicationName, cancellationToken);
            if (_staged && progress != _lastProgress)
            {
                _lastProgress = progress;
                return null;
            }

            return BaseBackupFailure.Silent(_server, _request.IdleDeadline, progress);
        }
        catch (HighwaterException e)
        {
            return e; // The server cannot even be asked: that is the better explanation.
        }
    }
}
