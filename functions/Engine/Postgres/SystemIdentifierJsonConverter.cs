using Highwater.Engine.Formats;

namespace Highwater.Engine.Postgres;

/// <summary>System identifiers stand in JSON as decimal text.</summary>
public sealed class SystemIdentifierJsonConverter() : TextJsonConverter<SystemIdentifier>(
    SystemIdentifier.TryParse, "a system identifier such as 7310938764291650493");
