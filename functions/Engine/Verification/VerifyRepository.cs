using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Verification;

/// <summary>Reads a repository again and says of every base backup whether it can be restored from there.</summary>
public sealed partial class VerifyRepository(TimeProvider clock, ILogger<VerifyRepository> logger)
{
    private const int ChecksAtOnce = 4;

    /// <summary>
    /// Verifies. Repeatable; changes nothing unless a repository to repair from is given. A repository without a base
    /// backup does not pass.
    /// </summary>
    /// <param name="repository">The repository to verify.</param>
    /// <param name="request">What of it. With one base backup named, WAL after its end is left alone.</param>
    /// <param name="repairFrom">Another repository of the same cluster whose good bytes replace what is damaged or
    /// missing, or null.</param>
    /// <param name="progress">Told after each object how far it is, from several tasks.</param>
    /// <param name="cancellationToken">Stops it; nothing is left behind.</param>
    /// <exception cref="HighwaterException">The storage cannot be asked now; <see cref="ErrorCodes.BackupUnknown"/>;
    /// <see cref="ErrorCodes.RepositoryLeased"/>; <see cref="ErrorCodes.RepositoryForeign"/> for the one to repair
    /// from. Damage is no exception: it is in the report.</exception>
    public async Task<VerificationReport> RunAsync(
        BackupRepository repository,
        VerifyRequest request,
        BackupRepository? repairFrom,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        repairFrom?.EnsureBelongsTo(repository.Description.SystemIdentifier);
        var startedAt = clock.GetUtcNow();
        var started = clock.GetTimestamp();
        await using var lease = await Lease.AcquireAsync(
            repository, LeasePurpose.Verify, clock, logger, cancellationToken);
        var findings = new FindingList(repairFrom is not null);
        var repair = repairFrom is null ? null : new ObjectRepair(repository, repairFrom, logger);
        var catalog = new CatalogCheck(repository, repair, findings);
        var backups = await catalog.ReadAsync(request.Only, cancellationToken);
        var segmentSize = repository.Description.WalSegmentSize;
        var lengths = await ReadLengthsAsync(repository, cancellationToken);
        var checks = CheckPlanner.Plan(backups, lengths, request, segmentSize);
        var done = new CheckProgress(checks, progress);
        await CheckAsync(repository, checks, repair, findings, done, cancellationToken);
        if (request.Only is null)
            await new WalPathCheck(repository, repair, findings).RunAsync(backups, cancellationToken);
        lease.EnsureHeld();

        var judged = backups.Where(backup => request.Only is null || request.Only == backup.Id).ToList();
        var verdicts = judged.Select(backup => Judge(backup)).Concat(catalog.Unreadable.Select(Condemn));
        if (judged.Count == 0 && catalog.Unreadable.Count == 0)
            findings.Add(NothingThere);
        var report = new VerificationReport(
            repository.Name, repository.Storage.Address, startedAt, clock.GetElapsedTime(started),
            done.Objects + judged.Count, done.Bytes, [.. verdicts.OrderBy(verdict => verdict.Id)], findings.All);
        LogVerified(repository.Name, report.ObjectsChecked, report.BytesHashed, report.Findings.Count, report.Passed);
        return report;

        BackupVerdict Judge(BackupRecord backup)
        {
            var first = RepositoryLayout.WalFile(WalFileName.Of(backup.FirstSegment));
            var problem = NeededObject.Of(backup, segmentSize)
                .Select(needed => needed.Key == first
                    ? findings.ProblemOf(first) : findings.ProblemBefore(needed.Key))
                .FirstOrDefault(found => found is not null);
            return new BackupVerdict(backup.Id, problem is null, problem);
        }

        BackupVerdict Condemn(BackupId id) => new(id, false, findings.ProblemOf(RepositoryLayout.BackupCommit(id)));
    }

    private static VerificationFinding NothingThere => new(
        FindingSeverity.Error,
        RepositoryLayout.BaseBackups,
        "The repository holds no base backup, so nothing can be restored from it.",
        "take one: highwater backup");

    private static async Task CheckAsync(
        BackupRepository repository,
        IReadOnlyList<ObjectCheck> checks,
        ObjectRepair? repair,
        FindingList findings,
        CheckProgress done,
        CancellationToken cancellationToken)
    {
        var checker = new ObjectChecker(repository);
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = ChecksAtOnce, CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(checks, options, async (check, token) =>
        {
            if (await checker.FindFaultAsync(check, token) is { } fault)
            {
                var refusal = repair is null ? "no other repository was given" : await repair.TryAsync(check, token);
                findings.Add(check.Key, fault, refusal);
            }

            done.Add(check);
        });
    }

    private static async Task<IReadOnlyDictionary<string, long>> ReadLengthsAsync(
        BackupRepository repository, CancellationToken cancellationToken)
    {
        var lengths = new Dictionary<string, long>();
        string[] folders = [RepositoryLayout.BaseBackups, RepositoryLayout.Packs, RepositoryLayout.WalArchive];
        foreach (var folder in folders)
        {
            await foreach (var entry in repository.Storage.ListAsync(folder, cancellationToken))
                lengths[entry.Key] = entry.Length;
        }

        return lengths;
    }

    [LoggerMessage(5002, LogLevel.Information,
        "Verified '{Repository}': {Objects} objects, {Bytes} bytes, {Findings} findings, passed: {Passed}")]
    private partial void LogVerified(string repository, long objects, long bytes, int findings, bool passed);
}
