using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Repository;
using Highwater.Engine.Verification;
using Highwater.Engine.WalArchiving;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Restore;

/// <summary>Finds out which repository can restore what was asked for. Reads only.</summary>
/// <param name="repositories">Asked in this order; the first that can is taken.</param>
/// <param name="logger">Told of repositories that cannot.</param>
public sealed partial class PlanRestore(IReadOnlyList<RepositorySource> repositories, ILogger<PlanRestore> logger)
{
    private static readonly ErrorCode[] Refusals =
        [ErrorCodes.RecoveryTargetUnreachable, ErrorCodes.BackupUnknown, ErrorCodes.NothingToRestore];

    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RecoveryTargetUnreachable"/>,
    /// <see cref="ErrorCodes.BackupUnknown"/>, <see cref="ErrorCodes.NothingToRestore"/>: every repository that
    /// answered refused, and this is the first refusal. If none answered: why the first did not.</exception>
    public async Task<RestorePlan> RunAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        HighwaterException? refusal = null;
        HighwaterException? trouble = null;
        foreach (var source in repositories)
        {
            try
            {
                var repository = await source.OpenAsync(cancellationToken);
                return RestorePlanner.Plan(await ReadAsync(repository, request, cancellationToken), request);
            }
            catch (HighwaterException e)
            {
                LogCannot(source.Name, e.Message);
                if (Refusals.Contains(e.Code))
                    refusal ??= e;
                else
                    trouble ??= e;
            }
        }

        throw refusal ?? trouble ?? throw new ArgumentException("No repository was named.", nameof(request));
    }

    private async Task<RestoreFacts> ReadAsync(
        BackupRepository repository, RestoreRequest request, CancellationToken cancellationToken)
    {
        var archive = new WalArchive(repository);
        var catalog = await new BackupCatalog(repository).ListAsync(cancellationToken);
        if (catalog.Unreadable.FirstOrDefault(unreadable => unreadable.Id == request.Backup) is { } wanted)
            throw wanted.Error;
        foreach (var unreadable in catalog.Unreadable)
            LogUnreadable(unreadable.Id, repository.Name, unreadable.Error.WhatHappened);
        var presence = await PresenceCheck.ReadAsync(repository, cancellationToken);
        var facts = new RestoreFacts(
            repository.Name,
            repository.Storage.Address,
            repository.Description.WalSegmentSize,
            catalog.Backups,
            presence.FindFaults(catalog.Backups),
            await WalContinuity.ReadAsync(archive, cancellationToken),
            new Dictionary<WalSegmentName, WalEnd>(),
            null);
        var target = request.Target;
        var candidates = RestorePlanner.Candidates(facts, request).Where(candidate => candidate.IsRestorable).ToList();
        if (candidates.Count == 0)
            return facts;
        if (target.Kind is RecoveryTargetKind.Xid or RecoveryTargetKind.Name)
            return facts with { Landmark = await FindAsync(archive, candidates, target, cancellationToken) };
        return target.Kind == RecoveryTargetKind.Immediate
            ? facts
            : facts with { Ends = await ReadEndsAsync(archive, candidates, cancellationToken) };
    }

    /// <summary>Base backups without a gap between them share their end, which is read once.</summary>
    private static async Task<Dictionary<WalSegmentName, WalEnd>> ReadEndsAsync(
        WalArchive archive, IReadOnlyList<RestoreCandidate> candidates, CancellationToken cancellationToken)
    {
        var ends = new Dictionary<WalSegmentName, WalEnd>();
        foreach (var candidate in candidates)
        {
            if (candidate.Reach.LastSegment is { } last && !ends.ContainsKey(last)
                && await WalPath.OfAsync(archive, candidate.Backup, candidate.Reach, cancellationToken) is { } path)
                ends[last] = await new WalSearch(archive, path).FindEndAsync(cancellationToken);
        }

        return ends;
    }

    private static async Task<WalLandmark?> FindAsync(
        WalArchive archive,
        IReadOnlyList<RestoreCandidate> candidates,
        RecoveryTarget target,
        CancellationToken cancellationToken)
    {
        // One search for each unbroken stretch of WAL, from the oldest base backup on it.
        foreach (var stretch in candidates.Reverse().GroupBy(candidate => candidate.Reach.LastSegment))
        {
            var oldest = stretch.Last();
            if (await WalPath.OfAsync(archive, oldest.Backup, oldest.Reach, cancellationToken) is { } path
                && await FindAsync(new WalSearch(archive, path), target, cancellationToken) is { } found)
                return found;
        }

        return null;
    }

    private static Task<WalLandmark?> FindAsync(
        WalSearch search, RecoveryTarget target, CancellationToken cancellationToken) =>
        target.Kind == RecoveryTargetKind.Name
            ? search.FindRestorePointAsync(target.Name!, cancellationToken)
            : search.FindTransactionAsync(target.Xid!.Value, cancellationToken);

    [LoggerMessage(6001, LogLevel.Information, "The repository {Repository} cannot restore this: {Reason}")]
    private partial void LogCannot(string repository, string reason);

    [LoggerMessage(6002, LogLevel.Warning,
        "The base backup {Backup} in {Repository} cannot be understood and is passed over: {Reason}")]
    private partial void LogUnreadable(BackupId backup, string repository, string reason);
}
