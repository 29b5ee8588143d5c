namespace Highwater.FunctionApp.BaseBackup;

/// <summary>A base backup in figures; its record stays in the repository.</summary>
/// <param name="Id">Of the base backup.</param>
/// <param name="Files">Regular files in it.</param>
/// <param name="DatabaseBytes">Their bytes.</param>
/// <param name="StoredBytes">What it added to the local repository.</param>
/// <param name="Duration">From the first byte to the commit.</param>
public sealed record TakenBackup(string Id, long Files, long DatabaseBytes, long StoredBytes, TimeSpan Duration);
