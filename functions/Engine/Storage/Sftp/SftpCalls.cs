using System.Runtime.ExceptionServices;
using Highwater.Engine.Errors;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Renci.SshNet.Common;
using Renci.SshNet.Sftp;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// How every call to the server is made: on a leased connection, anew when that breaks, with errors put into words.
/// </summary>
internal sealed class SftpCalls : IAsyncDisposable
{
    private readonly ResiliencePipeline _retrying;
    private readonly SftpConnections _connections;

    public SftpCalls(SftpOptions options, ILogger logger)
    {
        Options = options;
        Errors = new SftpErrors(options);
        var connector = new SshConnector(options, Errors);
        _connections = new SftpConnections(options, connector, Errors);
        Shell = new RemoteShell(options, connector, Errors, logger);
        Folders = new SftpFolders(options.Path.Length > 1 ? options.Path.TrimEnd('/') : options.Path);
        _retrying = options.Retries < 1 ? ResiliencePipeline.Empty : new ResiliencePipelineBuilder().AddRetry(
            new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<BrokenConnectionException>(),
            MaxRetryAttempts = options.Retries,
            Delay = options.RetryPause,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            OnRetry = retry =>
            {
                var broken = (BrokenConnectionException)retry.Outcome.Exception!;
                SftpLog.Reconnecting(logger, options.Address, broken.Doing, broken.Message, retry.AttemptNumber + 2);
                return default;
            },
        }).Build();
    }

    public SftpOptions Options { get; }

    public SftpErrors Errors { get; }

    public RemoteShell Shell { get; }

    public SftpFolders Folders { get; }

    /// <summary>An object as an operator would name it.</summary>
    public string PlaceOf(string key) => Options.Address.TrimEnd('/') + "/" + key;

    /// <summary>Does a piece of work on one connection; all of it again if the connection breaks.</summary>
    /// <exception cref="HighwaterException">Whatever goes wrong on the way or at the server.</exception>
    public Task<T> ExecuteAsync<T>(
        string doing, string key, Func<SftpLease, CancellationToken, Task<T>> work,
            CancellationToken cancellationToken) =>
        TranslateAsync(doing, key, async token =>
        {
            using var lease = await _connections.LeaseAsync(token);
            return await work(lease, token);
        }, cancellationToken);

    /// <summary>Opens a file for reading from a position. The lease goes to the caller.</summary>
    public Task<(SftpLease Held, SftpFileStream File, long Length)> OpenFileAsync(
        string key, long position, CancellationToken cancellationToken) =>
        TranslateAsync($"opening {key}", key, async token =>
        {
            var lease = await _connections.LeaseAsync(token);
            try
            {
                return await lease.RunAsync($"opening {key}", async (client, _) =>
                {
                    var path = Folders.PathOf(key);
                    var attributes = await client.GetAttributesAsync(path, token);
                    if (!attributes.IsRegularFile)
                        throw StorageErrors.Missing(PlaceOf(key));
                    var file = await client.OpenAsync(path, FileMode.Open, FileAccess.Read, token);
                    if (position > 0)
                        file.Position = position;
                    return (lease, file, attributes.Size);
                }, token);
            }
            catch (Exception)
            {
                lease.Dispose();
                throw;
            }
        }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync();
        await Shell.DisposeAsync();
    }

    private async Task<T> TranslateAsync<T>(
        string doing, string key, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await _retrying.ExecuteAsync(async token => await work(token), cancellationToken);
        }
        catch (BrokenConnectionException broken)
        {
            throw Errors.Unreachable(broken);
        }
        catch (SourceFaultException carrier)
        {
            ExceptionDispatchInfo.Throw(carrier.Fault);
            throw;
        }
        catch (SftpException refused)
        {
            throw Errors.Refused(doing, PlaceOf(key), refused);
        }
    }
}
