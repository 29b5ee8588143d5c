using Highwater.Engine.Postgres;

namespace Highwater.Engine.Repository;

/// <summary>One file of a repository's WAL archive as a listing shows it.</summary>
/// <param name="Name">The name PostgreSQL gave it.</param>
/// <param name="StoredBytes">Its length as stored, compressed or raw.</param>
/// <param name="StoredAt">When it reached the repository, by the storage's clock.</param>
public sealed record WalArchiveEntry(WalFileName Name, long StoredBytes, DateTimeOffset StoredAt);
