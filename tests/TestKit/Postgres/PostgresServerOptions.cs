namespace Highwater.TestKit.Postgres;

/// <summary>What a test wants its server to be like. The defaults are a small, fast server that archives
/// nothing.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>Archive finished WAL into the server's own spool with <c>infra/postgres/archive-wal</c>.</summary>
    public bool Archiving { get; init; }

    /// <summary>Seconds after which an unfinished segment is archived; 0 for never.</summary>
    public int ArchiveTimeoutSeconds { get; init; }

    /// <summary>MiB per WAL segment: 1 keeps tests fast, 16 is what most servers have.</summary>
    public int WalSegmentMegabytes { get; init; } = 16;

    /// <summary>Data page checksums.</summary>
    public bool DataChecksums { get; init; } = true;

    /// <summary>Whether the server waits for the disk. Off is fast, and safe as long as the machine stays up.</summary>
    public bool Fsync { get; init; }

    /// <summary>
    /// A cluster of its own (system identifier), at the price of an initdb. Otherwise servers are copies of one
    /// template and share their system identifier.
    /// </summary>
    public bool OwnSystemIdentifier { get; init; }

    /// <summary>More lines for postgresql.conf: name and value as written there, so strings in single quotes.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
