using System.Diagnostics;
using System.Text.RegularExpressions;
using CsCheck;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Restore;

public sealed class RestoreCommandLineTests
{
    [Fact]
    public void A_command_names_everything_by_absolute_path()
    {
        var command = RestoreCommandLine.Of(
            ["/opt/high water/highwater"],
            [
                new RepositoryOptions("local", "backups"),
                new RepositoryOptions("remote", "sftp://me@host:22/srv/b", "keys/id_rsa", "keys/known_hosts"),
            ],
            timeline: 17);

        Assert.Equal(
            "test -f pg_wal/highwater-prefetch/%f && mv -f pg_wal/highwater-prefetch/%f %p 2>/dev/null && exit 0; "
            + "'/opt/high water/highwater' wal-get %f %p --timeline 17"
            + $" --repository {Path.GetFullPath("backups")} --repository sftp://me@host:22/srv/b"
            + $" --identity-file {Path.GetFullPath("keys/id_rsa")} "
            + $"--known-hosts {Path.GetFullPath("keys/known_hosts")}",
            command);
    }

    [Fact]
    public void Any_word_reaches_the_program_as_it_was() =>
        Gen.String[Gen.Char[' ', '~'], 0, 40].Sample(
            word =>
            {
                // PostgreSQL replaces %% by % before the shell sees the command.
                var command = RestoreCommandLine.Quote(word).Replace("%%", "%", StringComparison.Ordinal);
                var start = new ProcessStartInfo(
                    "sh", ["-c", "printf %s " + command]) { RedirectStandardOutput = true };
                using var process = Process.Start(start)!;
                return process.StandardOutput.ReadToEnd() == word;
            },
            iter: 100);

    [Fact]
    public async Task A_program_that_is_gone_stops_recovery_instead_of_ending_it()
    {
        var command = RestoreCommandLine.Of(
            ["dotnet", "/nowhere/highwater.dll"], [new RepositoryOptions("local", "/nowhere/repository")], 1);
        using var shell = System.Diagnostics.Process.Start("sh", ["-c", command.Replace("%f", "f").Replace("%p", "p")]);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(WalGetExitCode.Trouble, shell.ExitCode);
    }

    [Fact]
    public void Without_prefetch_the_program_is_called_at_once_and_told_so()
    {
        var command = RestoreCommandLine.Of(
            ["/opt/highwater"], [new RepositoryOptions("local", "/srv/main")], 1, prefetch: false);

        Assert.Equal("/opt/highwater wal-get %f %p --timeline 1 --repository /srv/main --no-prefetch", command);
    }

    [Fact]
    public void What_lies_ready_is_taken_without_the_program()
    {
        using var data = new RestoreCommandScene();
        data.LayReady(RestoreCommandScene.Segment, "wal");

        Assert.Equal(0, data.Run("/srv/main"));

        Assert.Equal("wal", File.ReadAllText(data.Destination));
        Assert.Empty(Directory.GetFiles(data.PrefetchPath));
        Assert.Empty(data.Called());
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("a folder without it")]
    [InlineData("a file in its place")]
    [InlineData("a link to nowhere")]
    [InlineData("a folder of that name")]
    [InlineData("one that cannot be moved")]
    public void In_any_other_state_the_program_is_called_and_its_answer_counts(string state)
    {
        using var data = new RestoreCommandScene();
        if (state is "a file in its place")
            File.WriteAllText(data.PrefetchPath, "");
        else if (state is "a link to nowhere")
            File.CreateSymbolicLink(data.PrefetchPath, "/nowhere/at/all");
        else if (state is "a folder without it")
            data.LayReady("000000010000000000000009", "other");
        else if (state is "a folder of that name")
            Directory.CreateDirectory(Path.Combine(data.PrefetchPath, RestoreCommandScene.Segment));
        else if (state is "one that cannot be moved")
        {
            data.LayReady(RestoreCommandScene.Segment, "wal");
            Directory.CreateDirectory(Path.Combine(data.Destination, "in the way"));
            Directory.CreateDirectory(Path.Combine(data.Destination, RestoreCommandScene.Segment));
        }

        Assert.Equal(RestoreCommandScene.Answer, data.Run("/srv/main"));

        Assert.Equal(
            [
                "wal-get", RestoreCommandScene.Segment, "pg_wal/RECOVERYXLOG", "--timeline", "1",
                "--repository", "/srv/main",
            ],
            data.Called());
    }

    [Fact]
    public void Any_repository_reaches_the_program_as_it_was() =>
        Gen.String[Gen.Char[' ', '~'], 0, 40].Where(text => !text.Contains('/')).Sample(
            word =>
            {
                using var data = new RestoreCommandScene();
                Assert.Equal(RestoreCommandScene.Answer, data.Run($"/x{word}y"));
                Assert.Equal($"/x{word}y", data.Called()[^1]);
            },
            iter: 30);

    /// <summary>A data directory with an odd name, and a program that reports how it was called.</summary>
    private sealed class RestoreCommandScene : IDisposable
    {
        public const string Segment = "000000010000000000000002";

        public const int Answer = 77;

        private readonly TempDirectory _folder = new("it's $(a) data");

        public RestoreCommandScene()
        {
            Directory.CreateDirectory(_folder.Combine("pg_wal"));
            File.WriteAllText(Program, $"#!/bin/sh\nprintf '%s\\n' \"$@\" >\"$0.called\"\nexit {Answer}\n");
            File.SetUnixFileMode(Program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        public string PrefetchPath => _folder.Combine("pg_wal", "highwater-prefetch");

        public string Destination => _folder.Combine("pg_wal", "RECOVERYXLOG");

        private string Program => _folder.Combine("program");

        public void LayReady(string name, string content)
        {
            Directory.CreateDirectory(PrefetchPath);
            File.WriteAllText(Path.Combine(PrefetchPath, name), content);
        }

        /// <summary>As PostgreSQL runs it: placeholders replaced, by sh, in the data directory.</summary>
        public int Run(string repository)
        {
            var command = RestoreCommandLine.Of([Program], [new RepositoryOptions("local", repository)], 1);
            var filledIn = Regex.Replace(command, "%(.)", match => match.Value switch
            {
                "%f" => Segment,
                "%p" => "pg_wal/RECOVERYXLOG",
                _ => match.Groups[1].Value,
            });
            var start = new ProcessStartInfo("sh", ["-c", filledIn]) { WorkingDirectory = _folder.Path };
            using var shell = Process.Start(start)!;
            shell.WaitForExit();
            return shell.ExitCode;
        }

        public string[] Called() => File.Exists(Program + ".called") ? File.ReadAllLines(Program + ".called") : [];

        public void Dispose() => _folder.Dispose();
    }
}
