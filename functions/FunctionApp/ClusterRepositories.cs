using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.FunctionApp;

/// <summary>Opens the repositories of the cluster in the settings, creating those that are not there yet.</summary>
public sealed class ClusterRepositories(Repositories repositories, PostgresOptions server)
{
    /// <summary>Names of the repositories that receive copies after <c>local</c>.</summary>
    public IReadOnlyList<string> Others => repositories.Others;

    /// <summary>
    /// Opens the local repository after asking the server whose it must be. While the server is away, a repository that
    /// is
    /// there is opened all the same: WAL in the spool must not wait for the server.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryForeign"/> and any storage error; 2xx if
    /// the server
    /// does not answer and there is no repository yet.</exception>
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

        return await OpenLocalAsync(facts, cancellationToken);
    }

    /// <summary>Opens the local repository of a server that was asked already.</summary>
    public Task<BackupRepository> OpenLocalAsync(ServerFacts facts, CancellationToken cancellationToken) =>
        repositories.OpenOrCreateAsync(
            RepositoryOptions.Local,
            new ClusterIdentity(facts.SystemIdentifier, facts.MajorVersion, facts.WalSegmentSize),
            cancellationToken);

    /// <summary>Opens any repository as the counterpart of the local one.</summary>
    public Task<BackupRepository> OpenAsync(string name, BackupRepository local, CancellationToken cancellationToken) =>
        name == local.Name
            ? Task.FromResult(local)
            : repositories.OpenOrCreateAsync(
                name,
                new ClusterIdentity(
                    local.Description.SystemIdentifier,
                    local.Description.PostgresMajor,
                    local.Description.WalSegmentSize),
                cancellationToken);

    /// <summary>The counterparts of the local repository, to be opened when they are needed.</summary>
    public IReadOnlyList<RepositorySource> OthersOf(BackupRepository local) =>
        [.. repositories.Sources.Where(source => source.Name != local.Name)
            .Select(source => source with { OpenAsync = token => OpenAsync(source.Name, local, token) })];
}
