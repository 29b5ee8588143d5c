using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.FunctionApp;

/// <summary>Opens the repositories of the cluster in the settings. Only a base backup creates one.</summary>
public sealed class ClusterRepositories(
    Repositories repositories, PrepareRepository prepareRepository, PostgresOptions server)
{
    /// <summary>Names of the repositories that receive copies after <c>local</c>.</summary>
    public IReadOnlyList<string> Others => repositories.Others;

    /// <summary>
    /// Opens the local repository after asking the server whose it must be. While the server is away it is opened all
    /// the same: WAL in the spool must not wait for the server.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryMissing"/>,
    /// <see cref="ErrorCodes.RepositoryForeign"/> and any storage error; 2xx if the server does not answer and there is
    /// no repository either.</exception>
    public async Task<BackupRepository> OpenLocalAsync(CancellationToken cancellationToken)
    {
        ServerFacts facts;
        try
        {
            facts = await new ReadServerFacts(server).RunAsync(cancellationToken);
        }
        catch (HighwaterException e) when (ErrorCodes.OfPostgres.Contains(e.Code))
        {
            if (await repositories.StorageOf(RepositoryOptions.Local)
                .StatAsync(RepositoryLayout.Description, cancellationToken) is null)
                throw;
            return await repositories.OpenAsync(RepositoryOptions.Local, cancellationToken);
        }

        var local = await repositories.OpenAsync(RepositoryOptions.Local, cancellationToken);
        local.EnsureBelongsTo(facts.SystemIdentifier);
        return local;
    }

    /// <summary>Opens any repository as the counterpart of the local one.</summary>
    public async Task<BackupRepository> OpenAsync(
        string name, BackupRepository local, CancellationToken cancellationToken)
    {
        if (name == local.Name)
            return local;
        var repository = await repositories.OpenAsync(name, cancellationToken);
        repository.EnsureBelongsTo(local.Description.SystemIdentifier);
        return repository;
    }

    /// <summary>Opens the local repository for a base backup, creating it where that is safe. The others are asked only
    /// if its place is empty: one that is away does not hold up the local copy.</summary>
    public Task<BackupRepository> PrepareLocalAsync(ServerFacts facts, CancellationToken cancellationToken) =>
        prepareRepository.RunAsync(
            RepositoryOptions.Local,
            new ClusterIdentity(facts.SystemIdentifier, facts.MajorVersion, facts.WalSegmentSize),
            cancellationToken);

    /// <summary>Opens another repository for a base backup, creating it where that is safe; from then on it and the
    /// local one remember each other.</summary>
    public Task<BackupRepository> PrepareAsync(
        string name, BackupRepository local, CancellationToken cancellationToken) =>
        prepareRepository.RunBesideAsync(name, local, cancellationToken);

    /// <summary>The counterparts of the local repository, to be opened when there is something for them.</summary>
    public IReadOnlyList<RepositorySource> CopiesOf(BackupRepository local) =>
        [.. repositories.Sources.Where(source => source.Name != local.Name)
            .Select(source => source with { OpenAsync = token => OpenAsync(source.Name, local, token) })];

    /// <summary>The counterparts of the local repository, to be prepared when they are needed.</summary>
    public IReadOnlyList<RepositorySource> OthersOf(BackupRepository local) =>
        [.. repositories.Sources.Where(source => source.Name != local.Name)
            .Select(source => source with { OpenAsync = token => PrepareAsync(source.Name, local, token) })];
}
