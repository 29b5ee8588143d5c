using Highwater.Engine.Formats;

namespace Highwater.Engine.Repository;

/// <summary>Ids of base backups stand in JSON as their text.</summary>
public sealed class BackupIdJsonConverter() : TextJsonConverter<BackupId>(
    BackupId.TryParse, "the id of a base backup such as 20261122T020000Z");
