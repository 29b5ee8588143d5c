using Highwater.Engine.Errors;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Says whether the server can be backed up, and if not, everything that stands in the way at once. Changes nothing;
/// repeatable.
/// </summary>
/// <param name="server">Which one.</param>
/// <param name="wal">How its WAL comes; null for by archive_command.</param>
public sealed class CheckServer(PostgresOptions server, WalOptions? wal = null)
{
    /// <returns>The facts of a server that meets every requirement.</returns>
    /// <exception cref="HighwaterException">2xx: it cannot be asked, or does not meet them.</exception>
    public async Task<ServerFacts> RunAsync(CancellationToken cancellationToken)
    {
        var facts = await new ReadServerFacts(server).RunAsync(cancellationToken);
        var unmet = await FindUnmetAsync(facts, cancellationToken);
        return unmet.Count == 0 ? facts : throw ServerRequirements.Combine(unmet);
    }

    /// <summary>Everything that stands in the way, the gravest first.</summary>
    public async Task<IReadOnlyList<HighwaterException>> FindUnmetAsync(
        ServerFacts facts, CancellationToken cancellationToken)
    {
        var mustArchive = wal?.Source != WalSource.Stream;
        List<HighwaterException> unmet = [.. ServerRequirements.FindUnmet(facts, server, mustArchive)];
        if (facts.Role.MayReplicate && facts.MaxWalSenders > 0)
            await TryReplicationAsync(unmet, cancellationToken);
        return unmet;
    }

    /// <summary>pg_hba.conf and a free WAL sender show only when one connects as pg_basebackup will.</summary>
    private async Task TryReplicationAsync(List<HighwaterException> unmet, CancellationToken cancellationToken)
    {
        try
        {
            await PostgresConnection.IdentifySystemAsync(server, cancellationToken);
        }
        catch (HighwaterException refusal)
        {
            unmet.Add(refusal);
        }
    }
}
