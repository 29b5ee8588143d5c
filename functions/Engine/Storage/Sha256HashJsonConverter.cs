using Highwater.Engine.Formats;

namespace Highwater.Engine.Storage;

/// <summary>Hashes stand in JSON as lower-case hex.</summary>
public sealed class Sha256HashJsonConverter() : TextJsonConverter<Sha256Hash>(
    Sha256Hash.TryParse, "a SHA-256 of 64 hex digits");
