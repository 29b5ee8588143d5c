using Highwater.Engine.Storage;
using Highwater.Engine.Tests.Storage.Sftp;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Storage;

/// <summary>Alone in the process while it measures.</summary>
[Collection(nameof(StorageMemoryTests))]
[CollectionDefinition(nameof(StorageMemoryTests), DisableParallelization = true)]
public sealed class StorageMemoryTests
{
    private const long Length = 200_000_000;
    private const long Bound = 40_000_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_big_object_passes_through_the_local_storage_in_bounded_memory()
    {
        using var folder = new TempDirectory("memory");
        await using var storage = StorageFactory.Open(folder.Combine("local"));
        await AssertBoundedAsync(storage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_big_object_passes_through_SFTP_in_bounded_memory(bool sftpOnly)
    {
        await using var server = await SshServer.StartAsync(new SshServerOptions(SftpOnly: sftpOnly), Token);
        await using var storage = StorageFactory.Open(
            server.AddressOf(Path.Combine(server.Files, "repository")), server.Ed25519Key, server.KnownHosts);
        await AssertBoundedAsync(storage);
    }

    /// <summary>Looks at the memory in the middle of the way, where it would be held.</summary>
    private static async Task AssertBoundedAsync(IStorage storage)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var looks = new List<long>();
        var content = TestBytes.Stream(Length);
        var watched = content with
        {
            OpenAsync = async token => new NotifyingStream(await content.OpenAsync(token), Length / 2, Look),
        };
        await storage.PutAsync("big", watched, Token);
        await using (var stored = await storage.OpenReadAsync("big", null, Token))
            await new NotifyingStream(stored, Length / 2, Look).CopyToAsync(Stream.Null, Token);
        Assert.Equal(2, looks.Count);
        Assert.All(looks, bytes => Assert.True(bytes < Bound, $"{bytes:N0} bytes are held"));

        void Look() => looks.Add(GC.GetTotalMemory(forceFullCollection: true) - before);
    }
}
