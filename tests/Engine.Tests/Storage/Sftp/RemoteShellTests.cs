using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Sftp;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Storage.Sftp;

/// <summary>Many commands over one connection, and a server that wants fewer.</summary>
public sealed class RemoteShellTests(ShellServerFixture fixture) : IClassFixture<ShellServerFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_quick_commands_at_once_all_end_well()
    {
        await using var shell = ShellAt(await fixture.ServerAsync());
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
            shell.RunAsync("saying a number", $"echo {i}; exit {i % 7}", Token)));
        Assert.Equal(
            Enumerable.Range(0, 200).Select(i => (i.ToString(), i % 7)),
            results.Select(result => (result.LastLine, result.ExitCode)));
    }

    [Fact]
    public async Task A_server_that_allows_one_session_a_connection_serves_many_writers()
    {
        await using var server = await SshServer.StartAsync(new(ExtraSettings: ["MaxSessions 1"]), Token);
        await using var storage = new SftpStorage(
            SshServerFixture.OptionsFor(server, Path.Combine(server.Files, "r")) with { Retries = 0 });
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            storage.PutAsync($"packs/aa/{i}", ObjectContent.FromBytes(TestBytes.Of(1000, seed: i)), Token)));
        Assert.Equal(12, Directory.GetFiles(Path.Combine(server.Files, "r", "packs", "aa")).Length);
    }

    [Fact]
    public async Task A_server_that_allows_no_session_is_said_to_do_so()
    {
        await using var server = await SshServer.StartAsync(new(ExtraSettings: ["MaxSessions 0"]), Token);
        await using var shell = ShellAt(server, TimeSpan.FromSeconds(1));
        var error = await Assert.ThrowsAsync<TransientException>(() => shell.RunAsync("waiting", "true", Token));
        Assert.Equal(ErrorCodes.StorageUnreachable, error.Code);
        Assert.Contains("MaxSessions", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_ends_with_the_connection_that_another_ones_silence_ended()
    {
        await using var shell = ShellAt(await fixture.ServerAsync(), TimeSpan.FromSeconds(2));
        var patient = shell.RunAsync("reading", "sleep 600", Token, bytes: 1L << 40);
        await Assert.ThrowsAsync<TransientException>(() => shell.RunAsync("waiting", "sleep 600", Token));
        await Assert.ThrowsAsync<BrokenConnectionException>(() => patient.WaitAsync(TimeSpan.FromMinutes(1), Token));
        Assert.Equal("back", (await shell.RunAsync("trying again", "echo back", Token)).LastLine);
    }

    private static RemoteShell ShellAt(SshServer server, TimeSpan? deadline = null)
    {
        var options = SshServerFixture.OptionsFor(server, server.Files);
        options = options with { OperationDeadline = deadline ?? options.OperationDeadline };
        var errors = new SftpErrors(options);
        return new RemoteShell(options, new SshConnector(options, errors), errors, NullLogger.Instance);
    }
}
