using Highwater.Engine.Formats;

namespace Highwater.Engine.Postgres;

/// <summary>LSNs stand in JSON as PostgreSQL prints them.</summary>
public sealed class LsnJsonConverter() : TextJsonConverter<Lsn>(Lsn.TryParse, "an LSN such as 16/B374D848");
