using System.Diagnostics;
using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.Postgres;

/// <summary>
/// A folder with a WAL segment and a spool, and <c>archive-wal</c> run as PostgreSQL would run it, by one of the shells
/// that postgres images have and with nothing on the PATH but the tools that the script says it needs.
/// </summary>
internal sealed class ArchiveWalScript : IDisposable
{
    public const string Name = "000000010000000000000007";
    private const int SegmentBytes = 1 << 20;

    /// <param name="shell"><c>dash</c> or <c>bash</c>, with GNU tools, or <c>busybox</c>, which is all tools.</param>
    public ArchiveWalScript(string shell)
    {
        Directory.CreateDirectory(Spool);
        File.WriteAllBytes(Segment, Bytes(1));
        Directory.CreateDirectory(Tools);
        File.CreateSymbolicLink(Tool("sh"), "/bin/" + shell);
        foreach (var tool in NeededTools)
            File.CreateSymbolicLink(Tool(tool), "/bin/" + (shell == "busybox" ? shell : tool));
    }

    public static IReadOnlyList<string> NeededTools { get; } =
        ["chmod", "cmp", "dd", "find", "id", "ln", "mkdir", "mktemp", "mv", "rm", "sync", "tr"];

    public string Folder { get; } = Directory.CreateTempSubdirectory("highwater-archive-").FullName;

    private string Tools => Path.Combine(Folder, "tools");

    public string Spool => Path.Combine(Folder, "spool");

    public string Segment => Path.Combine(Folder, "segment");

    public string Target => Path.Combine(Spool, Name);

    public static byte[] Bytes(int seed)
    {
        var bytes = new byte[SegmentBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Where the real tool is.</summary>
    public string Tool(string name) => Path.Combine(Tools, name);

    /// <summary>What is left in the spool's folder for temporary files.</summary>
    public string[] Temporaries() =>
        Directory.Exists(Path.Combine(Spool, ".tmp")) ? Directory.GetFiles(Path.Combine(Spool, ".tmp")) : [];

    /// <summary>The command, with <paramref name="before"/> run by the same shell first: a limit, say.</summary>
    public ProcessStartInfo Command(string before = ":", string name = Name, params string[] wrapper)
    {
        var line = before + "; exec sh \"$0\" \"$1\" \"$2\"";
        string[] all =
            [.. wrapper, Tool("sh"), "-c", line, SourceTree.PathOf("infra/postgres/archive-wal"), Segment, name];
        var command = new ProcessStartInfo(all[0], all[1..]);
        command.Environment["WAL_SPOOL_PATH"] = Spool;
        command.Environment["PATH"] = Tools;
        return command;
    }

    public Task<ToolResult> RunAsync(string before = ":", string name = Name) =>
        TestKit.Postgres.Tool.TryRunAsync(Command(before, name), TestContext.Current.CancellationToken);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
