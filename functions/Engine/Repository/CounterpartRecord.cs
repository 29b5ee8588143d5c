namespace Highwater.Engine.Repository;

/// <summary><c>counterparts/HASH.json</c>: another repository of the same cluster that this one has been used together
/// with. Written once.</summary>
/// <param name="Name">What the operator called it.</param>
/// <param name="Address">Where it was, without any secret: a path as on the machine that takes the base backups, or
/// <c>sftp://user@host:port/path</c>.</param>
/// <param name="RepositoryId">Of the repository that was there first.</param>
/// <param name="FirstSeenAt">UTC: from then on a repository is known to have been at this address.</param>
public sealed record CounterpartRecord(string Name, string Address, Guid RepositoryId, DateTimeOffset FirstSeenAt);
