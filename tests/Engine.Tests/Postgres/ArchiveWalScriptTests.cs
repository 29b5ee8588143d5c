using System.Diagnostics;
using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.Postgres;

/// <summary>What holds in every shell; each has a class of its own.</summary>
public abstract class ArchiveWalScriptTests(string shell) : IDisposable
{
    /// <summary>A dd that copies a part and then hangs, put in front of the real one on the PATH.</summary>
    private const string HangingDd = "#!/bin/sh\nPATH=/bin; for a; do case $a in of=*) f=${a#of=};; esac; done\n"
        + "printf half >\"$f\"\n: >\"$HANGING\"\nexec sleep 60\n";

    private readonly ArchiveWalScript _script = new(shell);

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
        await PutToolAsync(
            "dd", $"#!/bin/sh\nexec {Real("dd")} if=/dev/zero of=/dev/full bs=4096 count=1 status=none\n");
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
        await PutToolAsync("dd", $"#!/bin/sh\n{Real("dd")} \"$@\"\n" + intruder);
        AssertRefused(await _script.RunAsync(ToolsFirst), "other bytes");
        Assert.Equal("other", await File.ReadAllTextAsync(_script.Target, Token));
        Assert.Empty(_script.Temporaries());
    }

    [Fact]
    public async Task A_copy_that_vanishes_before_it_has_its_name_is_a_failure()
    {
        await PutToolAsync("ln", "#!/bin/sh\n/bin/rm -f \"$1\"\nexit 1\n");
        AssertRefused(await _script.RunAsync(ToolsFirst), "creating");
        Assert.False(File.Exists(_script.Target));
        Assert.Equal(0, (await _script.RunAsync()).ExitCode);
    }

    [Fact]
    public async Task Killed_before_any_of_its_steps_it_leaves_nothing_or_all_and_the_next_call_succeeds()
    {
        var count = Path.Combine(_script.Folder, "count");
        foreach (var tool in ArchiveWalScript.NeededTools)
        {
            await PutToolAsync(
                tool, "#!/bin/sh\nread -r n <\"$COUNT\"; n=$((n + 1)); echo $n >\"$COUNT\"\n"
                + $"[ $n -ne $KILL_AT ] || kill -9 0\nexec {Real(tool)} \"$@\"\n");
        }

        for (var step = 1; ; step++)
        {
            await File.WriteAllTextAsync(count, "0\n", Token);
            var command = _script.Command(ToolsFirst, ArchiveWalScript.Name, "/bin/setsid");
            command.Environment["COUNT"] = count;
            command.Environment["KILL_AT"] = $"{step}";
            var result = await Tool.TryRunAsync(command, Token);
            if (File.Exists(_script.Target))
                Assert.Equal(ArchiveWalScript.Bytes(1), await File.ReadAllBytesAsync(_script.Target, Token));
            if (result.ExitCode == 0)
            {
                Assert.InRange(step, 8, 20); // mkdir, find, mktemp, chmod, dd, ln, sync, rm, and then not killed.
                return;
            }

            Assert.Equal(137, result.ExitCode);
            Assert.Equal(new ToolResult(0, "", ""), await _script.RunAsync());
            Assert.Equal(ArchiveWalScript.Bytes(1), await File.ReadAllBytesAsync(_script.Target, Token));
            File.Delete(_script.Target);
        }
    }

    [Theory]
    [InlineData("link")]
    [InlineData("rename")]
    public async Task A_power_cut_between_any_two_system_calls_loses_nothing_that_was_reported(string publishedBy)
    {
        if (publishedBy == "rename")
            await PutToolAsync("ln", "#!/bin/sh\nexit 1\n");
        var calls = await TraceAsync();
        var temporary = calls.Find(call => call.Name == "write")!.Path;
        Assert.StartsWith(Path.Combine(_script.Spool, ".tmp"), temporary, StringComparison.Ordinal);
        var written = calls.FindLastIndex(call => call.Name == "write" && call.Path == temporary);
        var synced = calls.FindIndex(call => call.Name == "fsync" && call.Path == temporary);
        var published = calls.FindIndex(call => call.Name == publishedBy && call.Path == _script.Target);
        var nameSynced = calls.FindIndex(call => call.Name == "fsync" && call.Path == _script.Spool);
        var order = string.Join('\n', calls);
        Assert.True(written < synced && synced < published && published < nameSynced, order);
        Assert.Equal(1, calls.Count(call => call.Name is "write" or "link" or "rename" && call.Path == _script.Target));

        // The earlier call may have been cut off between the two: the name is made durable before success is told.
        calls = await TraceAsync();
        Assert.Contains(calls, call => call.Name == "fsync" && call.Path == _script.Spool);
        Assert.DoesNotContain(calls, call => call.Name is "write" or "link" or "rename");
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

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _script.Dispose();
    }

    private string Real(string tool) => _script.Tool(tool);

    /// <summary>Runs the script, which must succeed, and gives what it did to files in the spool, in order.</summary>
    private async Task<List<FileCall>> TraceAsync()
    {
        var trace = Path.Combine(_script.Folder, "trace");
        var command = _script.Command(
            ToolsFirst, ArchiveWalScript.Name,
            "/bin/strace", "-f", "-qq", "-y", "-s", "0", "-e", "signal=none", "-e", $"trace={FileCall.Traced}",
            "-o", trace);
        Assert.Equal(new ToolResult(0, "", ""), await Tool.TryRunAsync(command, Token));
        return FileCall.Parse(await File.ReadAllLinesAsync(trace, Token), _script.Spool);
    }

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
