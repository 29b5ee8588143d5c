using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Highwater.Engine.Backup;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Tests.Repository;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Backup;

/// <summary>What comes out of a tar must be what the server's manifest says, or the backup must not be.</summary>
public sealed class TarIntakeTests
{
    private const string Label = """
        START WAL LOCATION: 0/4000028 (file 000000010000000000000004)
        CHECKPOINT LOCATION: 0/4000060
        BACKUP METHOD: streamed
        BACKUP FROM: primary
        START TIME: 2026-11-22 02:00:00 UTC
        LABEL: test
        START TIMELINE: 1

        """;

    private static readonly SortedDictionary<string, byte[]> Files = new(StringComparer.Ordinal)
    {
        ["backup_label"] = Encoding.UTF8.GetBytes(Label),
        ["base/5/1259"] = TestBytes.Of(300_000, 1),
        ["base/5/empty"] = [],
        ["base/5/zeros"] = new byte[262_144],
        ["global/pg_control"] = TestBytes.Of(8192, 2),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_folders_links_and_tablespaces_keep_their_place_mode_and_time()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        var tablespace = new MemoryStream();
        await using (var writer = new TarWriter(tablespace, TarEntryFormat.Ustar, leaveOpen: true))
            Write(writer, "PG_15_202209061/5/16400", TestBytes.Of(9000, 3));
        tablespace.Position = 0;
        var intake = await TakeAsync(
            repository, new BaseBackupTar(null, Tar(Files, Manifest(Files))),
            new BaseBackupTar(new ServerTablespace(16385, "/mnt/fast"), tablespace));

        var entries = intake.Entries.ToDictionary(entry => entry.Path);
        string[] paths = [.. Files.Keys, "base", "link", "pg_tblspc/16385", "pg_tblspc/16385/PG_15_202209061/5/16400"];
        Assert.Equal(paths.Order(StringComparer.Ordinal), entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(FileType.Directory, entries["base"].Type);
        Assert.Equal((FileType.Symlink, "/mnt/elsewhere"), (entries["link"].Type, entries["link"].Target));
        var tablespaceLink = entries["pg_tblspc/16385"];
        Assert.Equal((FileType.Symlink, "/mnt/fast"), (tablespaceLink.Type, tablespaceLink.Target));
        var file = entries["base/5/1259"];
        Assert.Equal(("0640", 300_000L), (file.Mode, file.Size));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 2, 0, 0, TimeSpan.Zero), file.ModifiedAt);
        Assert.Equal(Sha256Hash.Of(Files["base/5/1259"]), file.Sha256);
        Assert.Equal([2], entries["base/5/zeros"].Runs!.Select(run => run.Zeros));
        Assert.Empty(entries["base/5/empty"].Runs!);
        Assert.Equal(new Lsn(0x400_0028), intake.Label!.StartLsn);
    }

    [Fact]
    public async Task A_tar_that_ends_early_is_an_error_wherever_it_ends()
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        var whole = Tar(Files, Manifest(Files)).ToArray();
        foreach (var length in new[] { 100, 600, 2000, 100_000, 300_000, whole.Length / 2 })
        {
            var error = await Assert.ThrowsAnyAsync<HighwaterException>(
                () => TakeAsync(repository, new BaseBackupTar(null, new MemoryStream(whole[..length]))));
            Assert.Equal(ErrorCodes.BaseBackupFailed, error.Code);
        }
    }

    [Theory]
    [InlineData("bytes", "base/5/1259 came with other bytes")]
    [InlineData("size", "base/5/1259 came with 300000 bytes instead of")]
    [InlineData("absent", "base/5/9999 did not come")]
    [InlineData("unnamed", "1 files came that the manifest does not name")]
    public async Task What_differs_from_the_manifest_is_no_backup(string how, string named)
    {
        await using var repository = await TestRepository.CreateAsync(Token);
        var promised = new SortedDictionary<string, byte[]>(Files, StringComparer.Ordinal);
        if (how == "bytes")
            promised["base/5/1259"] = TestBytes.Of(300_000, 4);
        else if (how == "size")
            promised["base/5/1259"] = TestBytes.Of(8192, 1);
        else if (how == "absent")
            promised["base/5/9999"] = [1];
        else
            promised.Remove("base/5/1259");

        var error = await Assert.ThrowsAsync<TransientException>(
            () => TakeAsync(repository, new BaseBackupTar(null, Tar(Files, Manifest(promised)))));
        Assert.Equal(ErrorCodes.BaseBackupFailed, error.Code);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    private static async Task<Taken> TakeAsync(TestRepository repository, params BaseBackupTar[] tars)
    {
        var known = new KnownChunks(repository.Repository, NullLogger.Instance);
        await using var list = new FileListWriter(repository.Folder.Path);
        await using var manifest = new CompressedTemporaryFile(repository.Folder.Path);
        await using var sink = new PackSink(repository.Storage, known.Packs, _ => { });
        await using var pipeline = new ChunkPipeline(known, sink, list, RepositoryDescription.DefaultChunkSize, Token);
        var intake = new TarIntake(pipeline, manifest);
        foreach (var tar in tars)
            await intake.ReadAsync(tar, Token);
        await pipeline.CompleteAsync();
        await manifest.FinishAsync(Token);
        await using (var plain = manifest.OpenPlain())
        {
            var received = intake.Files.Where(file => !file.Key.StartsWith("pg_tblspc/", StringComparison.Ordinal));
            await ManifestCheck.RunAsync(plain, received.ToDictionary(), Token);
        }

        var content = await list.FinishAsync(Token);
        var id = BackupId.New(DateTimeOffset.UnixEpoch, []);
        await repository.Storage.PutAsync(RepositoryLayout.FileList(id), content, Token);
        var record = TestRecord.Of(id, new ObjectReference(content.Hash, content.Length), []);
        var entries = new List<FileListEntry>();
        await foreach (var entry in FileListReader.ReadAsync(repository.Repository, record, Token))
            entries.Add(entry);
        return new Taken(entries, intake.Label);
    }

    private static MemoryStream Tar(IEnumerable<KeyValuePair<string, byte[]>> files, byte[] manifest)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "./base/") { Mode = (UnixFileMode)0x1C0 });
            writer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "/mnt/elsewhere" });
            foreach (var (path, bytes) in files)
                Write(writer, path, bytes);
            Write(writer, "backup_manifest", manifest);
        }

        tar.Position = 0;
        return tar;
    }

    private static void Write(TarWriter writer, string path, byte[] content) =>
        writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path)
        {
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
            ModificationTime = new DateTimeOffset(2026, 11, 22, 2, 0, 0, TimeSpan.Zero),
            DataStream = new MemoryStream(content),
        });

    private static byte[] Manifest(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        var lines = files.Select(file => new JsonObject
        {
            ["Path"] = file.Key,
            ["Size"] = file.Value.Length,
            ["Checksum-Algorithm"] = "SHA256",
            ["Checksum"] = Sha256Hash.Of(file.Value).ToString(),
        }.ToJsonString());
        var text = "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [\n" + string.Join(",\n", lines) + "\n],\n"
            + "\"WAL-Ranges\": [\n{ \"Timeline\": 1, \"Start-LSN\": \"0/4000028\", \"End-LSN\": \"0/4000138\" }\n],\n";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        return Encoding.UTF8.GetBytes(text + $"\"Manifest-Checksum\": \"{hash}\"}}\n");
    }

    private sealed record Taken(IReadOnlyList<FileListEntry> Entries, BackupLabel? Label);
}
