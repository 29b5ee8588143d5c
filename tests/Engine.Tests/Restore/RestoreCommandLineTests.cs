using System.Diagnostics;
using CsCheck;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;

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
            ]);

        Assert.Equal(
            "'/opt/high water/highwater' wal-get %f %p"
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
            ["dotnet", "/nowhere/highwater.dll"], [new RepositoryOptions("local", "/nowhere/repository")]);
        using var shell = System.Diagnostics.Process.Start("sh", ["-c", command.Replace("%f", "f").Replace("%p", "p")]);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(WalGetExitCode.Trouble, shell.ExitCode);
    }
}
