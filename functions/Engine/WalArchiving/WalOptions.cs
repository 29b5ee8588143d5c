namespace Highwater.Engine.WalArchiving;

/// <summary>How WAL is taken from the server.</summary>
/// <param name="SpoolPath">Where archive_command leaves finished WAL files.</param>
/// <param name="MaxInFlight">How many files are worked on at once; null for one per processor.</param>
public sealed record WalOptions(string SpoolPath, int? MaxInFlight = null);
