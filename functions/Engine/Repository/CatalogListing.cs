namespace Highwater.Engine.Repository;

/// <summary>All base backups of a repository.</summary>
/// <param name="Backups">Those whose commit can be understood, oldest first.</param>
/// <param name="Unreadable">The others, oldest first. One damaged commit must neither vanish from a list nor keep
/// anybody from the rest.</param>
public sealed record CatalogListing(IReadOnlyList<BackupRecord> Backups, IReadOnlyList<UnreadableBackup> Unreadable);
