using Highwater.Engine.Postgres;
using Highwater.Engine.Restore.Prefetch;

namespace Highwater.Engine.Tests.Restore.Prefetch;

public sealed class PrefetchRequestTests
{
    [Fact]
    public void What_was_written_is_read_back_and_no_part_of_it_is_taken_for_the_whole()
    {
        var request = new PrefetchRequest(WalSegmentName.Parse("0000000200000001000000FE"), WalSegmentSize.Default);
        var text = request.ToString();

        Assert.Equal(request, PrefetchRequest.Parse(text));
        Assert.All(Enumerable.Range(0, text.Length), length => Assert.Null(PrefetchRequest.Parse(text[..length])));
    }

    [Theory]
    [InlineData("0000000200000001000000FE 12345\n")]
    [InlineData("0000000200000001000000FE -16777216\n")]
    [InlineData("0000000200000001000000FE 16777216 \n")]
    [InlineData("0000000200000001000000fe 16777216\n")]
    [InlineData("00000002.history 16777216\n")]
    [InlineData("\0\0\0\0\0\0\0\0")]
    public void Anything_else_says_nothing(string text) => Assert.Null(PrefetchRequest.Parse(text));
}
