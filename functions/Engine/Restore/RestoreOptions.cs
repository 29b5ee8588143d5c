namespace Highwater.Engine.Restore;

/// <summary>Where and how files are restored.</summary>
/// <param name="Directory">The new data directory: empty or not there yet.</param>
/// <param name="RestoreCommand">For <c>restore_command</c>; see <see cref="RestoreCommandLine"/>.</param>
/// <param name="TablespaceMap">New absolute locations of tablespaces by the old ones. Others go to where they
/// were.</param>
/// <param name="Owner">Operating system user (or <c>user:group</c>) to own the files; null for <c>postgres</c> when run
/// as root, who may not start PostgreSQL, and for the user itself otherwise.</param>
/// <param name="Parallelism">Ranges of packs read at the same time; 0 for one per processor, four at least.</param>
public sealed record RestoreOptions(
    string Directory,
    string RestoreCommand,
    IReadOnlyDictionary<string, string>? TablespaceMap = null,
    string? Owner = null,
    int Parallelism = 0);
