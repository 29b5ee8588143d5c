using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Backup;

/// <summary>
/// Takes the tars of a base backup apart as they flow: files into the pipeline, the manifest aside, and everything
/// about them that the end of the backup is checked against.
/// </summary>
internal sealed class TarIntake(ChunkPipeline pipeline, CompressedTemporaryFile manifest)
{
    private const string ManifestName = "backup_manifest";
    private const string LabelName = "backup_label";

    private readonly Dictionary<string, ObjectReference> _files = new(StringComparer.Ordinal);

    /// <summary>Hash and size of every file, by path.</summary>
    public IReadOnlyDictionary<string, ObjectReference> Files => _files;

    /// <summary>What backup_label said; null until it came by.</summary>
    public BackupLabel? Label { get; private set; }

    /// <summary>Reads one tar to its end.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.BaseBackupFailed"/>: it is no tar; 2xx from the
    /// stream; any storage error.</exception>
    public async Task ReadAsync(BaseBackupTar tar, CancellationToken cancellationToken)
    {
        var folder = tar.Tablespace is { } tablespace
            ? string.Create(CultureInfo.InvariantCulture, $"pg_tblspc/{tablespace.Oid}/")
            : "";
        try
        {
            await using var reader = new TarReader(tar.Content, leaveOpen: true);
            for (var first = true;
                await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry;
                first = false)
            {
                if (first && tar.Tablespace is { } of)
                    await pipeline.AddAsync(LinkOf(of, entry.ModificationTime));
                await TakeAsync(entry, folder, cancellationToken);
            }
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new TransientException(
                ErrorCodes.BaseBackupFailed, $"What pg_basebackup sent is not a whole tar archive: {e.Message}",
                "run 'highwater backup' again; the packs that are complete are reused", e);
        }
    }

    /// <summary>Takes the manifest where it comes as a file of its own.</summary>
    public async Task ReadManifestAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        await file.CopyToAsync(manifest.Plain, cancellationToken);
    }

    private async Task TakeAsync(TarEntry entry, string folder, CancellationToken cancellationToken)
    {
        // Some entries come with a leading "./" (pg_wal/archive_status in backup/basebackup.c); paths here have no such
        // parts.
        var name = entry.Name.TrimEnd('/');
        var path = folder + (name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name);
        var draft = new FileListEntry(
            path,
            FileType.Directory,
            "0" + Convert.ToString((int)entry.Mode, 8),
            entry.ModificationTime.ToUniversalTime(),
            0,
            null,
            null,
            null);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                await pipeline.AddAsync(draft);
                break;
            case TarEntryType.SymbolicLink:
                await pipeline.AddAsync(draft with { Type = FileType.Symlink, Target = entry.LinkName });
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile when path == ManifestName:
                await (entry.DataStream ?? Stream.Null).CopyToAsync(manifest.Plain, cancellationToken);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                await TakeFileAsync(entry, draft, cancellationToken);
                break;
            default:
                throw new InvalidDataException($"the member '{entry.Name}' has the unexpected type {entry.EntryType}");
        }
    }

    /// <summary>
    /// The link to a tablespace: the server leaves it out of the tars and names it in tablespace_map only
    /// (perform_base_backup in backup/basebackup.c).
    /// </summary>
    private static FileListEntry LinkOf(ServerTablespace tablespace, DateTimeOffset modifiedAt) => new(
        string.Create(CultureInfo.InvariantCulture, $"pg_tblspc/{tablespace.Oid}"),
        FileType.Symlink,
        "0777",
        modifiedAt.ToUniversalTime(),
        0,
        null,
        null,
        tablespace.Location);

    private async Task TakeFileAsync(TarEntry entry, FileListEntry draft, CancellationToken cancellationToken)
    {
        var content = entry.DataStream ?? Stream.Null;
        if (draft.Path == LabelName)
        {
            var text = new MemoryStream();
            await content.CopyToAsync(text, cancellationToken);
            Label = BackupLabel.Parse(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length));
            text.Position = 0;
            content = text;
        }

        draft = draft with { Type = FileType.File, Size = entry.Length };
        var hash = await pipeline.AddFileAsync(draft, content, cancellationToken);
        _files[draft.Path] = new ObjectReference(hash, entry.Length);
    }
}
