using Highwater.Engine.Postgres;

namespace Highwater.Engine.Repository;

/// <summary><c>repository.json</c>: what a repository is and whose. Written once, on creation.</summary>
/// <param name="Format">The format of everything else in the repository.</param>
/// <param name="RepositoryId">Unique for each repository; two repositories of one cluster differ here.</param>
/// <param name="SystemIdentifier">The one cluster whose base backups and WAL may stand here.</param>
/// <param name="PostgresMajor">Major version at creation, for instance 15.</param>
/// <param name="WalSegmentSize">Of the cluster, in bytes.</param>
/// <param name="ChunkSize">In bytes; fixed for the life of the repository, so that chunks of two backups
/// compare.</param>
/// <param name="Encryption">Null in format 1.</param>
/// <param name="CreatedAt">UTC.</param>
public sealed record RepositoryDescription(
    int Format,
    Guid RepositoryId,
    SystemIdentifier SystemIdentifier,
    int PostgresMajor,
    WalSegmentSize WalSegmentSize,
    int ChunkSize,
    string? Encryption,
    DateTimeOffset CreatedAt)
{
    /// <summary>128 KiB: small enough that a changed page costs little, large enough that hashes and lists stay
    /// small.</summary>
    public const int DefaultChunkSize = 128 << 10;
}
