using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Restore;

/// <summary>
/// Brings one archived file to where recovery wants it: the work of <c>restore_command</c>. Repeatable.
/// </summary>
/// <param name="repositories">Asked in this order until one has the file.</param>
/// <param name="logger">Told of repositories that fail.</param>
/// <param name="timeline">Which one recovery is to end on: of what it has left behind nothing is given. Null if that is
/// not known; whole segments are then given as they are.</param>
public sealed partial class FetchWal(
    IReadOnlyList<RepositorySource> repositories, ILogger<FetchWal> logger, uint? timeline = null)
{
    private readonly TimelineCut? _cut = timeline is { } last ? new TimelineCut(repositories, last) : null;

    /// <summary>
    /// Puts the file at the destination, whole and verified or not at all. <see cref="WalGetOutcome.Absent"/> only if
    /// every repository has answered that it does not have it, or if it is no part of the timeline's history:
    /// PostgreSQL takes that for the end of the WAL. Of a segment in which its timeline was left for that history, the
    /// bytes up to the fork are put there, and zeros; of the one that the server was writing when it was lost, what was
    /// streamed of it, and zeros.
    /// </summary>
    /// <param name="name">The name PostgreSQL asks for (%f): segment, history, backup history or partial
    /// segment.</param>
    /// <param name="destination">Where it is to stand (%p); replaced if it is there.</param>
    /// <param name="cancellationToken">Stops it; nothing is left at the destination.</param>
    /// <exception cref="HighwaterException">No repository gave the file and one at least failed: the first failure;
    /// <see cref="ErrorCodes.UsageInvalid"/>: PostgreSQL archives no such file;
    /// <see cref="ErrorCodes.WalAbsent"/>: the timeline's history, without which nobody can say what is part of it, is
    /// in none; <see cref="ErrorCodes.RestoreFailed"/>: the destination cannot be written.</exception>
    public async Task<WalGetOutcome> RunAsync(string name, string destination, CancellationToken cancellationToken)
    {
        var file = Parse(name);
        var given = await FindGivenAsync(file, cancellationToken);
        return given != 0
            && (await FetchWholeAsync(file, given, destination, cancellationToken)
                || (file.Kind == WalFileKind.Segment
                    && await FetchUnfinishedAsync(file.Segment, given, destination, cancellationToken)))
                ? WalGetOutcome.Found
                : WalGetOutcome.Absent;
    }

    /// <summary>As the other, but a segment is found only if it is whole and given whole. For what is laid ready before
    /// recovery asks: an unfinished one may be finished by then, and one that was cut would mislead a recovery that is
    /// told to go elsewhere after it was killed.</summary>
    /// <exception cref="HighwaterException">As the other.</exception>
    public async Task<WalGetOutcome> RunWholeAsync(
        string name, string destination, CancellationToken cancellationToken)
    {
        var file = Parse(name);
        return await FindGivenAsync(file, cancellationToken) is null
            && await FetchWholeAsync(file, null, destination, cancellationToken)
                ? WalGetOutcome.Found
                : WalGetOutcome.Absent;
    }

    private static WalFileName Parse(string name) => WalFileName.TryParse(name, out var file)
        ? file
        : throw new HighwaterException(
            ErrorCodes.UsageInvalid,
            $"'{name}' is not the name of a WAL file.",
            "call it as restore_command does: highwater wal-get 000000010000000000000002 pg_wal/RECOVERYXLOG");

    /// <summary>How many bytes of the file; null for all.</summary>
    private async Task<long?> FindGivenAsync(WalFileName file, CancellationToken cancellationToken) =>
        _cut is not null && file.Kind == WalFileKind.Segment
            ? await _cut.FindAsync(file.Segment, cancellationToken)
            : null;

    private async Task<bool> FetchWholeAsync(
        WalFileName file, long? given, string destination, CancellationToken cancellationToken)
    {
        var name = file.ToString();
        HighwaterException? trouble = null;
        foreach (var source in repositories)
        {
            try
            {
                var archive = new WalArchive(await source.OpenAsync(cancellationToken));
                await TimelineCut.FetchAsync(archive, file, given, destination, cancellationToken);
                return true;
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.WalAbsent)
            {
                LogAbsent(name, source.Name);
            }
            catch (HighwaterException e)
            {
                LogFailed(e, name, source.Name);
                trouble ??= e;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw CannotWrite(name, destination, e);
            }
        }

        if (trouble is not null)
            throw trouble;
        return repositories.Count > 0
            ? false
            : throw new HighwaterException(
                ErrorCodes.UsageInvalid,
                "No repository was named, so that nobody can say whether the WAL is there.",
                "name one: highwater wal-get NAME DEST --repository /var/lib/postgresql/backups");
    }

    private async Task<bool> FetchUnfinishedAsync(
        WalSegmentName segment, long? given, string destination, CancellationToken cancellationToken)
    {
        try
        {
            return await new FetchUnfinishedWal(repositories, timeline)
                .RunAsync(segment, given, destination, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(segment.ToString(), destination, e);
        }
    }

    private static HighwaterException CannotWrite(string name, string destination, Exception e) => new(
        ErrorCodes.RestoreFailed,
        $"The WAL file {name} cannot be written to {Path.GetFullPath(destination)}: {e.Message}",
        "check the free space and the owner of pg_wal in the data directory",
        e);

    [LoggerMessage(6011, LogLevel.Debug, "The WAL file {Name} is not in the repository {Repository}")]
    private partial void LogAbsent(string name, string repository);

    [LoggerMessage(6012, LogLevel.Warning, "The WAL file {Name} could not be taken from the repository {Repository}")]
    private partial void LogFailed(Exception e, string name, string repository);
}
