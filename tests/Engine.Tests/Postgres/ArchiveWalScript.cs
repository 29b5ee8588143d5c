using System.Diagnostics;
using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.Postgres;

/// <summary>A folder with a WAL segment and a spool, and <c>archive-wal</c> run as PostgreSQL would run it.</summary>
internal sealed class ArchiveWalScript : IDisposable
{
    public const string Name = "000000010000000000000007";
    private const int SegmentBytes = 1 << 20;

    public ArchiveWalScript()
    {
        Directory.CreateDirectory(Spool);
        File.WriteAllBytes(Segment, Bytes(1));
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("highwater-archive-").FullName;

    public string Spool => Path.Combine(Folder, "spool");

    public string Segment => Path.Combine(Folder, "segment");

    public string Target => Path.Combine(Spool, Name);

    public static byte[] Bytes(int seed)
    {
        var bytes = new byte[SegmentBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>What is left in the spool's folder for temporary files.</summary>
    public string[] Temporaries() =>
        Directory.Exists(Path.Combine(Spool, ".tmp")) ? Directory.GetFiles(Path.Combine(Spool, ".tmp")) : [];

    /// <summary>The command, with <paramref name="before"/> run by the same shell first: a limit, say.</summary>
    public ProcessStartInfo Command(string before = ":", string name = Name)
    {
        var script = SourceTree.PathOf("infra/postgres/archive-wal");
        var line = before + "; exec sh \"$0\" \"$1\" \"$2\"";
        var command = new ProcessStartInfo("sh", ["-c", line, script, Segment, name]);
        command.Environment["WAL_SPOOL_PATH"] = Spool;
        return command;
    }

    public Task<ToolResult> RunAsync(string before = ":", string name = Name) =>
        Tool.TryRunAsync(Command(before, name), TestContext.Current.CancellationToken);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
