using System.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Sftp;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Storage.Sftp;

/// <summary>A line that breaks or falls silent, and a server that goes away.</summary>
public sealed class SftpFaultTests(ShellServerFixture fixture) : IClassFixture<ShellServerFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_line_cut_in_the_middle_of_a_put_is_made_anew_within_the_same_put()
    {
        var (server, folder, proxy, storage) = await ThroughProxyAsync();
        await using var closeProxy = proxy;
        await using var closeStorage = storage;
        await storage.DescribeAsync(Token);
        var content = TestBytes.Stream(20_000_000);

        proxy.CutAfter(8_000_000);
        Assert.Equal(PutOutcome.Stored, await storage.PutAsync("packs/aa/x", content, Token));

        Assert.True(proxy.BytesPassed > 28_000_000, $"only {proxy.BytesPassed:N0} bytes passed: the line was not cut");
        Assert.Equal(content.Hash, await storage.HashAsync("packs/aa/x", Token));
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "tmp")));
        Assert.NotEmpty(server.Log);
    }

    [Fact]
    public async Task A_line_cut_in_the_middle_of_reading_goes_on_where_it_stopped()
    {
        var (_, _, proxy, storage) = await ThroughProxyAsync();
        await using var closeProxy = proxy;
        await using var closeStorage = storage;
        var content = TestBytes.Stream(20_000_000);
        await storage.PutAsync("x", content, Token);
        var passed = proxy.BytesPassed;

        proxy.CutAfter(8_000_000);
        await using var stream = await storage.OpenReadAsync("x", null, Token);
        var hash = await System.Security.Cryptography.SHA256.HashDataAsync(stream, Token);

        Assert.Equal(content.Hash, new Sha256Hash(hash));
        Assert.InRange(proxy.BytesPassed - passed, 20_000_000, 30_000_000);
    }

    [Fact]
    public async Task Without_retries_a_cut_leaves_nothing_under_the_key_and_the_next_put_succeeds()
    {
        var (_, _, proxy, storage) = await ThroughProxyAsync(options => options with { Retries = 0 });
        await using var closeProxy = proxy;
        await using var closeStorage = storage;
        await storage.DescribeAsync(Token);
        var content = TestBytes.Stream(20_000_000);

        proxy.CutAfter(8_000_000);
        var error = await Assert.ThrowsAsync<TransientException>(() => storage.PutAsync("x", content, Token));
        Assert.Equal(ErrorCodes.StorageUnreachable, error.Code);
        Assert.Contains("storing x", error.Message, StringComparison.Ordinal);

        Assert.Null(await storage.StatAsync("x", Token));
        Assert.Equal(PutOutcome.Stored, await storage.PutAsync("x", content, Token));
        Assert.Equal(content.Hash, await storage.HashAsync("x", Token));
    }

    [Fact]
    public async Task A_silent_server_ends_every_call_at_the_deadline_and_says_what_it_was_doing()
    {
        var (_, _, proxy, storage) = await ThroughProxyAsync(options => options with
        {
            OperationDeadline = TimeSpan.FromSeconds(1.5),
            ConnectDeadline = TimeSpan.FromSeconds(1.5),
        });
        await using var closeProxy = proxy;
        await using var closeStorage = storage;
        var content = TestBytes.Stream(1_000_000);
        await storage.PutAsync("x", content, Token);
        proxy.GoSilent();

        await AssertSilentAsync("looking at x", () => storage.StatAsync("x", Token));
        await AssertSilentAsync("connecting", () => storage.HashAsync("x", Token));
        await AssertSilentAsync("connecting", () => storage.PutAsync("y", content, Token));
        await AssertSilentAsync("connecting", () => storage.OpenReadAsync("x", null, Token));

        proxy.SpeakAgain();
        Assert.Equal(content.Hash, await storage.HashAsync("x", Token));
    }

    [Fact]
    public async Task A_server_that_falls_silent_in_the_middle_of_a_put_or_a_read_ends_it_at_the_deadline()
    {
        var (_, folder, proxy, storage) = await ThroughProxyAsync(
            options => options with { OperationDeadline = TimeSpan.FromSeconds(1.5), Retries = 0 });
        await using var closeProxy = proxy;
        await using var closeStorage = storage;
        var big = TestBytes.Stream(30_000_000);
        await storage.PutAsync("x", big, Token);

        await AssertSilentAsync("storing y", () => storage.PutAsync("y", SilencingAt(big, 10_000_000, proxy), Token));
        Assert.False(File.Exists(Path.Combine(folder, "y")));
        proxy.SpeakAgain();

        await using var stream = await storage.OpenReadAsync("x", null, Token);
        await stream.ReadExactlyAsync(new byte[100_000], Token);
        proxy.GoSilent();
        await AssertSilentAsync("reading x", () => stream.CopyToAsync(Stream.Null, Token));
        proxy.SpeakAgain();
        Assert.Equal(PutOutcome.Stored, await storage.PutAsync("y", big, Token));
    }

    [Fact]
    public async Task A_server_killed_and_started_again_is_used_again()
    {
        await using var server = await SshServer.StartAsync(cancellationToken: Token);
        var options = SshServerFixture.OptionsFor(server, Path.Combine(server.Files, "r"));
        await using var storage = new SftpStorage(options with { Retries = 1 });
        var content = ObjectContent.FromBytes(TestBytes.Of(100_000));
        await storage.PutAsync("a", content, Token);

        await server.KillAsync();
        var error = await Assert.ThrowsAsync<TransientException>(() => storage.PutAsync("b", content, Token));
        Assert.Equal(ErrorCodes.StorageUnreachable, error.Code);
        Assert.Contains($"ssh -p {server.Port} ", error.Remedy, StringComparison.Ordinal);

        await server.StartAgainAsync(Token);
        Assert.Equal(PutOutcome.Stored, await storage.PutAsync("b", content, Token));
        Assert.Equal(content.Hash, await storage.HashAsync("a", Token));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_unreachable_and_named()
    {
        var server = await fixture.ServerAsync();
        await using var storage = new SftpStorage(
            SshServerFixture.OptionsFor(server, "/x") with { Host = "no-such-host.invalid", Retries = 0 });
        var error = await Assert.ThrowsAsync<TransientException>(() => storage.StatAsync("a", Token));
        Assert.Equal(ErrorCodes.StorageUnreachable, error.Code);
        Assert.Contains("no-such-host.invalid", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_streams_nobody_reads_block_no_other_call()
    {
        var server = await fixture.ServerAsync();
        await using var storage = new SftpStorage(
            SshServerFixture.OptionsFor(server, Path.Combine(server.Files, Guid.NewGuid().ToString("n"))));
        var content = TestBytes.Stream(5_000_000);
        await storage.PutAsync("x", content, Token);
        var streams = new List<Stream>();
        for (var i = 0; i < 6; i++)
        {
            streams.Add(await storage.OpenReadAsync("x", null, Token));
            await streams[^1].ReadExactlyAsync(new byte[10], Token);
        }

        Assert.Equal(content.Hash, await storage.HashAsync("x", Token));
        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    [Fact]
    public async Task A_small_range_of_a_big_object_moves_few_bytes()
    {
        var (_, _, proxy, storage) = await ThroughProxyAsync();
        await using var closeProxy = proxy;
        await using var closeStorage = storage;
        await storage.PutAsync("x", TestBytes.Stream(50_000_000), Token);
        var passed = proxy.BytesPassed;
        await using (var stream = await storage.OpenReadAsync("x", new ByteRange(25_000_000, 100_000), Token))
            await stream.CopyToAsync(Stream.Null, Token);
        Assert.InRange(proxy.BytesPassed - passed, 100_000, 1_000_000);
    }

    private static ObjectContent SilencingAt(ObjectContent content, long bytes, CutConnectionProxy proxy) =>
        content with
    {
        OpenAsync = async token => new NotifyingStream(await content.OpenAsync(token), bytes, proxy.GoSilent),
    };

    private static async Task AssertSilentAsync(string doing, Func<Task> call)
    {
        var clock = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<TransientException>(call);
        Assert.Equal(ErrorCodes.StorageUnreachable, error.Code);
        Assert.Contains($"silent while {doing}", error.Message, StringComparison.Ordinal);
        Assert.Contains("no answer for 1.5 s", error.Message, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"it took {clock.Elapsed}");
    }

    private async Task<(SshServer, string, CutConnectionProxy, IStorage)> ThroughProxyAsync(
        Func<SftpOptions, SftpOptions>? change = null)
    {
        var server = await fixture.ServerAsync();
        var folder = Path.Combine(server.Files, Guid.NewGuid().ToString("n"));
        var proxy = new CutConnectionProxy(server.Port);
        var knownHosts = server.Folder.Combine($"known_hosts_{proxy.Port}");
        await File.WriteAllLinesAsync(
            knownHosts, server.PublicHostKeys().Select(key => $"[{SshServer.Host}]:{proxy.Port} {key}"), Token);
        var options = SshServerFixture.OptionsFor(server, folder)
            with { Port = proxy.Port, KnownHostsFile = knownHosts };
        return (server, folder, proxy, new SftpStorage((change ?? (o => o))(options)));
    }
}
