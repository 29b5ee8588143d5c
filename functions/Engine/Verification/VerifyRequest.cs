using Highwater.Engine.Repository;

namespace Highwater.Engine.Verification;

/// <summary>What is to be verified.</summary>
/// <param name="Only">One base backup with its WAL, or null for the whole repository.</param>
/// <param name="Depth">How much is read again.</param>
public sealed record VerifyRequest(BackupId? Only = null, VerifyDepth Depth = VerifyDepth.Full);
