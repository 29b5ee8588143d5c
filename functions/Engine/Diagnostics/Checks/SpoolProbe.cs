namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>Whether the spool can be worked with.</summary>
/// <param name="Fault">Why this user cannot add and remove files there; null if it can.</param>
/// <param name="FreeBytes">Room on its file system; null if unknown.</param>
public sealed record SpoolProbe(StatusFault? Fault, long? FreeBytes);
