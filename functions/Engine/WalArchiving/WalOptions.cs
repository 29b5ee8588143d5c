namespace Highwater.Engine.WalArchiving;

/// <summary>How WAL is taken from the server.</summary>
/// <param name="SpoolPath">Where archive_command leaves finished WAL files.</param>
/// <param name="MaxInFlight">How many files are worked on at once; null for what keeps the processors busy.</param>
/// <param name="Source">Whether there is a spool at all.</param>
public sealed record WalOptions(string SpoolPath, int? MaxInFlight = null, WalSource Source = WalSource.Archive);
