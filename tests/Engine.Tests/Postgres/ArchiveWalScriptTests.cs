using System.Diagnostics;
using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.Postgres;

public sealed class ArchiveWalScriptTests : IDisposable
{
    /// <summary>A dd that copies a part and then hangs, put in front of the real one on the PATH.</summary>
    private const string HangingDd = "#!/bin/sh\nfor a; do case $a in of=*) f=${a#of=};; esac; done\n"
        + "printf half >\"$f\"\n: >\"$HANGING\"\nexec sleep 60\n";

    private readonly ArchiveWalScript _script = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_segment_arrives_whole_under_its_name_and_nothing_else_stays()
    {
        Assert.Equal(new ToolResult(0, "", ""), await _script.RunAsync());
        Assert.Equal(ArchiveWalScript.Bytes(1), await File.ReadAllBytesAsync(_script.Target, Token));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_script.Target));
        Assert.Empty(_script.Temporaries());
    }

    [Fact]
    public async Task The_same_bytes_again_are_success()
    {
        await _script.RunAsync();
        Assert.Equal(new ToolResult(0, "", ""), await _script.RunAsync());
    }

    [Fact]
    public async Task Other_bytes_under_the_same_name_are_refused_and_the_first_are_kept()
    {
        await _script.RunAsync();
        await File.WriteAllBytesAsync(_script.Segment, ArchiveWalScript.Bytes(2), Token);
        AssertRefused(await _script.RunAsync(), "other bytes");
        Assert.Equal(ArchiveWalScript.Bytes(1), await File.ReadAllBytesAsync(_script.Target, Token));
    }

    [Fact]
    public async Task A_limit_reached_while_writing_is_a_failure_that_leaves_nothing()
    {
        AssertRefused(await _script.RunAsync("ulimit -f 100"), "failed");
        Assert.False(File.Exists(_script.Target));
        Assert.Empty(_script.Temporaries());
        Assert.Equal(0, (await _script.RunAsync()).ExitCode);
    }

    [Fact]
    public async Task A_full_disk_is_named_and_nothing_counts_as_archived()
    {
        // Linux has a device that is always full; where dd writes to it, it is told what a full disk would tell it.
        await PutToolAsync("dd", "#!/bin/sh\nexec /bin/dd if=/dev/zero of=/dev/full bs=4096 count=1 status=none\n");
        AssertRefused(await _script.RunAsync(ToolsFirst), "is full");
        Assert.False(File.Exists(_script.Target));
        Assert.Empty(_script.Temporaries());
    }

    [Fact]
    public async Task Killed_while_copying_it_publishes_nothing_and_the_next_attempt_succeeds()
    {
        await PutToolAsync("dd", HangingDd);
        var hanging = Path.Combine(_script.Folder, "hanging");
        var command = _script.Command(ToolsFirst);
        command.Environment["HANGING"] = hanging;
        using (var process = Process.Start(command)!)
        {
            while (!File.Exists(hanging) && !process.HasExited)
                await Task.Delay(10, Token);
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(Token);
        }

        Assert.False(File.Exists(_script.Target));
        var stale = Assert.Single(_script.Temporaries());
        Assert.Equal(0, (await _script.RunAsync()).ExitCode);
        Assert.Equal(ArchiveWalScript.Bytes(1), await File.ReadAllBytesAsync(_script.Target, Token));

        File.SetLastWriteTimeUtc(stale, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));
        Assert.Equal(0, (await _script.RunAsync(name: "000000010000000000000008")).ExitCode);
        Assert.Empty(_script.Temporaries());
    }

    [Fact]
    public async Task Many_at_once_all_succeed_and_publish_once()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _script.RunAsync()));
        Assert.All(results, r => Assert.Equal(new ToolResult(0, "", ""), r));
        Assert.Equal(ArchiveWalScript.Bytes(1), await File.ReadAllBytesAsync(_script.Target, Token));
        Assert.Empty(_script.Temporaries());
    }

    [Fact]
    public async Task Without_hard_links_it_publishes_all_the_same_and_still_never_overwrites()
    {
        await PutToolAsync("ln", "#!/bin/sh\nexit 1\n");
        Assert.Equal(0, (await _script.RunAsync(ToolsFirst)).ExitCode);
        await File.WriteAllBytesAsync(_script.Segment, ArchiveWalScript.Bytes(2), Token);
        AssertRefused(await _script.RunAsync(ToolsFirst), "other bytes");
        Assert.Equal(ArchiveWalScript.Bytes(1), await File.ReadAllBytesAsync(_script.Target, Token));
    }

    [Fact]
    public async Task A_target_that_appears_during_the_copy_is_compared_not_replaced()
    {
        // The last moment before publishing: another archiver wins the race with other bytes.
        var intruder = $"printf other >\"$WAL_SPOOL_PATH/{ArchiveWalScript.Name}\"\n";
        await PutToolAsync("dd", "#!/bin/sh\n/bin/dd \"$@\"\n" + intruder);
        AssertRefused(await _script.RunAsync(ToolsFirst), "other bytes");
        Assert.Equal("other", await File.ReadAllTextAsync(_script.Target, Token));
        Assert.Empty(_script.Temporaries());
    }

    [Fact]
    public async Task A_spool_of_a_group_shares_its_segments_with_the_group()
    {
        await Tool.RunAsync(new ProcessStartInfo("chmod", ["2770", _script.Spool]), Token);
        Assert.Equal(0, (await _script.RunAsync()).ExitCode);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
            File.GetUnixFileMode(_script.Target));
    }

    [Fact]
    public async Task A_missing_spool_is_named_with_the_command_that_makes_it()
    {
        Directory.Delete(_script.Spool);
        AssertRefused(await _script.RunAsync(), "install -d");
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData(".hidden")]
    [InlineData("")]
    public async Task Names_that_are_no_wal_files_are_refused(string name) =>
        AssertRefused(await _script.RunAsync(name: name), "not a WAL file name");

    public void Dispose() => _script.Dispose();

    private string ToolsFirst => $"PATH='{_script.Folder}/bin':$PATH";

    /// <summary>One line on standard error, and an exit code after which PostgreSQL tries again.</summary>
    private static void AssertRefused(ToolResult result, string reason)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("archive-wal: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
    }

    private async Task PutToolAsync(string name, string content)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_script.Folder, "bin")).FullName, name);
        await File.WriteAllTextAsync(path, content, Token);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
