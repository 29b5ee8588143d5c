using System.Diagnostics;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore.Prefetch;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Restore.Prefetch;

public sealed class PrefetchProcessTests : IDisposable
{
    private readonly TempDirectory _folder = new("process");

    private string Report => _folder.Combine("report");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_is_told_the_repositories_word_for_word_and_holds_nobodys_output()
    {
        const string Odd = "/srv/it's a \"repo\" $HOME `id` % \\";
        Start(
            """
            streams=$(readlink /proc/$$/fd/0; readlink /proc/$$/fd/1; readlink /proc/$$/fd/2)
            printf '%s\n' "$@" "$streams" >"$0.new"
            """,
            new RepositoryOptions("local", Odd),
            new RepositoryOptions("remote", "sftp://me@host/srv/b", "/keys/id", "/keys/known"));

        string[] words =
        [
            "wal-prefetch", "--timeline", "17", "--repository", Odd, "--repository", "sftp://me@host/srv/b",
            "--identity-file", "/keys/id", "--known-hosts", "/keys/known",
        ];
        var report = await ReportAsync();
        Assert.Equal([.. words, "/dev/null", "/dev/null", "/dev/null"], report);
    }

    [Theory]
    [InlineData("exit 4")]
    [InlineData("kill -9 $$")]
    [InlineData("kill -TERM $PPID $$")]
    public void However_it_ends_a_postmaster_that_inherits_it_sees_a_good_end(string end)
    {
        // Without the ampersand the shell that an orphan's new parent sees is the one waited for here.
        var shield = PrefetchProcess.Script.TrimEnd('&');
        using var process = Process.Start("sh", ["-c", "exec sh -c \"$0\" sh sh -c \"$1\"", shield, end]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private void Start(string script, params RepositoryOptions[] repositories)
    {
        var program = _folder.Combine("program");
        File.WriteAllText(program, $"#!/bin/sh\n{script}\nmv \"$0.new\" '{Report}'\n");
        PrefetchProcess.Start(["sh", program], repositories, 17);
    }

    private async Task<string[]> ReportAsync()
    {
        await PrefetchScene.AwaitAsync("the program has reported", () => File.Exists(Report));
        return await File.ReadAllLinesAsync(Report, TestContext.Current.CancellationToken);
    }
}
