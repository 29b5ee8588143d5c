using System.Collections.Concurrent;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Repository;

/// <summary>
/// The repositories of an installation, by name. Connections are opened on first use, shared, and closed with this
/// object.
/// </summary>
public sealed class Repositories(
    IReadOnlyList<RepositoryOptions> options, TimeProvider clock, ILogger<Repositories> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<IStorage>> _storages = new(StringComparer.Ordinal);

    /// <summary>Every repository, <c>local</c> first.</summary>
    public IReadOnlyList<RepositoryOptions> All => options;

    /// <summary>The names of those that receive copies: all but <c>local</c>.</summary>
    public IReadOnlyList<string> Others => [.. options.Select(
        o => o.Name).Where(name => name != RepositoryOptions.Local)];

    /// <summary>Every repository, to be opened by whoever needs it, <c>local</c> first.</summary>
    public IReadOnlyList<RepositorySource> Sources =>
        [.. options.Select(o => new RepositorySource(o.Name, o.Address, token => OpenAsync(o.Name, token)))];

    /// <summary>The storage behind a name; the same object each time.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.UsageInvalid"/>: no repository has this
    /// name.</exception>
    public IStorage StorageOf(string name)
    {
        var found = options.FirstOrDefault(o => o.Name == name) ?? throw new HighwaterException(
            ErrorCodes.UsageInvalid,
            $"There is no repository named '{name}'.",
            $"name one of: {string.Join(", ", options.Select(o => o.Name))}"
            + (Others.Count == 0 ? "; set REMOTE_BACKUP_HOST and its companions to have 'remote'" : ""));
        return _storages.GetOrAdd(name, _ => new Lazy<IStorage>(() => StorageFactory.Open(
            found.Address, found.IdentityFile, found.KnownHosts, logger))).Value;
    }

    /// <summary>Opens a repository that is there. Errors as <see cref="BackupRepository.OpenAsync"/>.</summary>
    public Task<BackupRepository> OpenAsync(string name, CancellationToken cancellationToken) =>
        BackupRepository.OpenAsync(name, StorageOf(name), cancellationToken);

    /// <summary>Opens a cluster's repository, creating it if need be. Errors as <see
    /// cref="BackupRepository.OpenOrCreateAsync"/>.</summary>
    public Task<BackupRepository> OpenOrCreateAsync(
        string name, ClusterIdentity cluster, CancellationToken cancellationToken) =>
        BackupRepository.OpenOrCreateAsync(name, StorageOf(name), cluster, clock, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var storage in _storages.Values.Where(storage => storage.IsValueCreated))
            await storage.Value.DisposeAsync();
    }
}
