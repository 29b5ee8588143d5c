using Highwater.Engine.Postgres;

namespace Highwater.Engine.Repository;

/// <summary>What of a cluster is fixed for the life of its repositories.</summary>
/// <param name="SystemIdentifier">Names the cluster.</param>
/// <param name="PostgresMajor">For instance 15.</param>
/// <param name="WalSegmentSize">Chosen at initdb.</param>
public sealed record ClusterIdentity(
    SystemIdentifier SystemIdentifier, int PostgresMajor, WalSegmentSize WalSegmentSize);
