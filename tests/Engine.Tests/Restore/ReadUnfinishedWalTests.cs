using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.Engine.Tests.WalArchiving;

namespace Highwater.Engine.Tests.Restore;

public sealed class ReadUnfinishedWalTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_byte_is_read_once_though_streaming_goes_on_meanwhile(bool isFinished)
    {
        await using var scene = await WalScene.CreateAsync();
        var segment = WalScene.Segment(5);
        var bytes = WalScene.BytesOf(segment);
        var pieces = new WalPieces(scene.Local);
        await PutAsync(0, 30_000);
        await PutAsync(30_000, 70_000);
        var storage = scene.LocalStorage;
        var last = RepositoryLayout.WalPiece(new WalPieceName(segment, 30_000, 70_000));
        storage.Fault = (method, key) =>
        {
            if (method == nameof(storage.OpenReadAsync) && key == last)
                ChangeAsync().GetAwaiter().GetResult();
            return null;
        };
        using var read = new MemoryStream();

        await new ReadUnfinishedWal(scene.LocalArchive, segment, part => read.Write(part.Span))
            .RunAsync(WalScene.Token);

        Assert.Equal(isFinished ? bytes : bytes[..70_000], read.ToArray());

        Task PutAsync(int from, int to) => pieces.PutAsync(
            new WalPieceName(segment, from, to), () => new MemoryStream(bytes[from..to]), WalScene.Token);

        async Task ChangeAsync()
        {
            storage.Fault = (_, _) => null;
            if (isFinished)
                await scene.LocalArchive.PutAsync(
                    WalFileName.Of(segment), new MemoryStream(bytes), WalScene.Token);
            else
                await PutAsync(0, 70_000);
            await pieces.DeleteAsync(
                [new WalPieceName(segment, 0, 30_000), new WalPieceName(segment, 30_000, 70_000)], WalScene.Token);
        }
    }
}
