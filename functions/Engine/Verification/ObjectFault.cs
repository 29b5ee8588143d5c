namespace Highwater.Engine.Verification;

/// <summary>What is wrong with an object.</summary>
/// <param name="Problem">As a sentence.</param>
/// <param name="IsAtBorder">It is a WAL segment that was stored as it is, but does not go on from the one in front of
/// it: recovery passes neither, and can begin in it.</param>
internal sealed record ObjectFault(string Problem, bool IsAtBorder = false);
