using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Verification;

/// <summary>
/// Puts the bytes of another repository in the place of a damaged or missing object. The other one's bytes are checked
/// before anything is removed here; interrupted in between, the object is missing instead of damaged and the next
/// repair puts it.
/// </summary>
internal sealed partial class ObjectRepair(BackupRepository target, BackupRepository source, ILogger logger)
{
    private readonly ObjectChecker _sourceChecker = new(source);
    private readonly ObjectChecker _targetChecker = new(target);

    /// <summary>Repairs one object.</summary>
    /// <returns>Null if it is good now, else why it is not.</returns>
    /// <exception cref="HighwaterException">A storage cannot be asked now.</exception>
    public async Task<string?> TryAsync(ObjectCheck check, CancellationToken cancellationToken)
    {
        if (await source.Storage.StatAsync(check.Key, cancellationToken) is not { } there)
            return $"the repository '{source.Name}' does not have it either";
        var stored = check with { StoredLength = there.Length };
        if (await _sourceChecker.FindFaultAsync(Deep(stored), cancellationToken) is { } fault)
            return $"the repository '{source.Name}' is no help: {fault.Problem}";
        var hash = check.Expected?.Sha256 ?? await source.Storage.HashAsync(check.Key, cancellationToken);
        await target.Storage.DeleteAsync(check.Key, cancellationToken);
        await target.Storage.PutAsync(
            check.Key, source.Storage.AsContent(check.Key, there.Length, hash), cancellationToken);
        LogRepaired(check.Key, target.Name, source.Name);
        return (await _targetChecker.FindFaultAsync(Deep(stored), cancellationToken))?.Problem;
    }

    /// <summary>Repairs the commit of a base backup: what the other repository has under its key, if it can be
    /// understood.</summary>
    public async Task<string?> TryCommitAsync(BackupId id, CancellationToken cancellationToken)
    {
        var key = RepositoryLayout.BackupCommit(id);
        try
        {
            await new BackupCatalog(source).ReadAsync(id, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.BackupUnknown || ObjectChecker.IsDamage(e))
        {
            return $"the repository '{source.Name}' is no help: {e.WhatHappened}";
        }

        var bytes = await source.Storage.ReadSmallAsync(key, cancellationToken);

        // In one step: a commit that is gone for a moment could be gone for good.
        await target.Storage.ReplaceAsync(key, bytes, cancellationToken);
        LogRepaired(key, target.Name, source.Name);
        return null;
    }

    // What was only looked up here is hashed there.
    private static ObjectCheck Deep(ObjectCheck check) =>
        check.Kind == CheckKind.Presence ? check with { Kind = CheckKind.Hash } : check;

    [LoggerMessage(5001, LogLevel.Warning, "Repaired {Key} in '{Repository}' with the bytes of '{Source}'")]
    private partial void LogRepaired(string key, string repository, string source);
}
