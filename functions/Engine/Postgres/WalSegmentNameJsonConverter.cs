using Highwater.Engine.Formats;

namespace Highwater.Engine.Postgres;

/// <summary>Segments stand in JSON by their file name.</summary>
public sealed class WalSegmentNameJsonConverter() : TextJsonConverter<WalSegmentName>(
    WalSegmentName.TryParse, "the name of a WAL segment such as 000000010000000000000002");
