using Highwater.TestKit.Storage;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Dispatch;

/// <summary>A state directory on a file system that is really full.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const int ResultNotWritten = 7113;

    // More than the state file and its log have room for, once nothing more can be had from the disk.
    private const int ResultLength = 4 << 20;

    private readonly SmallFileSystem _disk = new(megabytes: 32);
    private readonly TaskCompletionSource _full = new();
    private TestHost _host = null!;
    private int _runs;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Filler => Path.Combine(_disk.Path, "filler");

    public async ValueTask InitializeAsync()
    {
        _host = await TestHost.StartNewAsync(host => host.StateRoot = _disk.Path);
        _host.Script.Main = async context =>
        {
            var large = await context.CallActivityAsync<string>("Work", "large");
            return await context.CallActivityAsync<string>("Work", $"{large.Length}");
        };
        _host.Script.Work = async (input, _) =>
        {
            Interlocked.Increment(ref _runs);
            await _full.Task;
            return input == "large" ? new string('x', ResultLength) : input;
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _disk.Dispose();
    }

    [Fact]
    public async Task The_work_waits_for_room_goes_on_by_itself_and_is_not_done_twice()
    {
        var id = await _host.StartMainAsync();
        await TestHost.UntilAsync(() => Volatile.Read(ref _runs) == 1);
        Fill();
        _full.SetResult();
        await TestHost.UntilAsync(() => _host.Log.CountOf(ResultNotWritten) > 0);
        Assert.Equal(
            OrchestrationRuntimeStatus.Running, (await _host.Client.GetInstanceAsync(id, Token))!.RuntimeStatus);

        File.Delete(Filler);

        var ended = await _host.EndOfAsync(id);
        Assert.Equal($"{ResultLength}", ended.ReadOutputAs<string>());
        Assert.Equal(2, _runs);
    }

    [Fact]
    public async Task What_was_going_on_is_there_after_a_restart_with_room_again()
    {
        var id = await _host.StartMainAsync();
        await TestHost.UntilAsync(() => Volatile.Read(ref _runs) == 1);
        Fill();
        _full.SetResult();
        await TestHost.UntilAsync(() => _host.Log.CountOf(ResultNotWritten) > 0);
        await _host.StopAsync();
        File.Delete(Filler);

        await _host.StartAsync();

        Assert.Equal($"{ResultLength}", (await _host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    private void Fill()
    {
        var block = new byte[1 << 16];
        using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                filler.Write(block);
            }
        }
        catch (IOException)
        {
            // Full: whoever wants as much as a page now does not get it.
        }
    }
}
