using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Verification;

/// <summary>Reads a repository again and says of every base backup whether it can be restored from there.</summary>
public sealed class VerifyRepository(TimeProvider clock, ILogger<VerifyRepository> logger)
{
    /// <summary>
    /// Verifies. Repeatable; changes nothing unless a repository to repair from is given.
    /// </summary>
    /// <param name="repository">The repository to verify.</param>
    /// <param name="request">What of it.</param>
    /// <param name="repairFrom">Another repository of the same cluster that replaces what is damaged, or null.</param>
    /// <param name="progress">Told now and then how far it is.</param>
    /// <param name="cancellationToken">Stops it; nothing is left behind.</param>
    /// <exception cref="HighwaterException">A storage error, <see cref="ErrorCodes.BackupUnknown"/>,
    /// <see cref="ErrorCodes.RepositoryLeased"/>. Damage is no exception: it is in the report.</exception>
    public async Task<VerificationReport> RunAsync(
        BackupRepository repository,
        VerifyRequest request,
        BackupRepository? repairFrom,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        await using var lease = await Lease.AcquireAsync(
            repository, LeasePurpose.Verify, clock, logger, cancellationToken);
        throw new NotSupportedException($"{request} {repairFrom} {progress}");
    }
}
