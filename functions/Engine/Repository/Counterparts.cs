using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Repository;

/// <summary>
/// What a repository remembers of the others of its cluster: by it an empty place where a repository has been is told
/// from one where there never was any. A memory that fails costs a line in the log, never a base backup.
/// </summary>
public sealed partial class Counterparts(BackupRepository repository, TimeProvider clock, ILogger logger)
{
    /// <summary>Remembers another repository. Repeatable; what was written first stays.</summary>
    public async Task RememberAsync(BackupRepository other, CancellationToken cancellationToken)
    {
        var storage = repository.Storage;
        var record = new CounterpartRecord(
            other.Name, other.Storage.Address, other.Description.RepositoryId, clock.GetUtcNow());
        var key = RepositoryLayout.Counterpart(record.Address);
        try
        {
            if (await storage.StatAsync(key, cancellationToken) is not null)
                return;
            var json = JsonSerializer.SerializeToUtf8Bytes(record, RepositoryJson.Indented.CounterpartRecord);
            await storage.PutAsync(key, ObjectContent.FromBytes(json), cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageConflict)
        {
            // Another run wrote it a moment earlier.
        }
        catch (HighwaterException e)
        {
            LogNotWritten(e, key, repository.Name, other.Name);
        }
    }

    /// <summary>What is remembered of an address, or null if that is nothing, or nothing that can be read.</summary>
    public async Task<CounterpartRecord?> FindAsync(string address, CancellationToken cancellationToken)
    {
        var key = RepositoryLayout.Counterpart(address);
        var what = $"{key} of {repository.Storage.Address}";
        try
        {
            var json = await repository.Storage.ReadSmallAsync(key, cancellationToken);
            var record = RepositoryJson.Parse<CounterpartRecord>(json, what);
            if (record.Address == address)
                return record;
            LogOtherAddress(key, repository.Name, address);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageObjectMissing)
        {
            // They have never been used together.
        }
        catch (HighwaterException e)
        {
            LogUnreadable(e, key, repository.Name, address);
        }

        return null;
    }

    [LoggerMessage(4071, LogLevel.Warning,
        "{Key} was not written into '{Repository}'; should the place of '{Other}' be found empty one day, nothing says "
        + "that it held a repository. The next base backup tries again")]
    private partial void LogNotWritten(Exception e, string key, string repository, string other);

    [LoggerMessage(4072, LogLevel.Warning,
        "{Key} of '{Repository}' cannot be read: whether there was a repository at {Address} is not known")]
    private partial void LogUnreadable(Exception e, string key, string repository, string address);

    [LoggerMessage(4073, LogLevel.Warning,
        "{Key} of '{Repository}' does not name {Address}: whether there was a repository is not known")]
    private partial void LogOtherAddress(string key, string repository, string address);
}
