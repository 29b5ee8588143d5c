using Highwater.Engine.Postgres;

namespace Highwater.Engine.Repository;

/// <summary>One file of a repository's WAL archive as a listing shows it.</summary>
/// <param name="Name">The name PostgreSQL gave it.</param>
/// <param name="StoredBytes">Its length as stored, compressed or raw.</param>
/// <param name="StoredAt">When it reached the repository, by the storage's clock.</param>
public sealed record WalArchiveEntry(WalFileName Name, long StoredBytes, DateTimeOffset StoredAt)
{
    /// <summary>Whether it stands for the file it is named after. An empty one is what a power cut can leave: it is
    /// listed, so that verify and prune see it, and counts as absent everywhere else.</summary>
    public bool IsThere => StoredBytes > 0;
}
