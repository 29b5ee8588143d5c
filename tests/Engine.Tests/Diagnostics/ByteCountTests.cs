using Highwater.Engine.Diagnostics;

namespace Highwater.Engine.Tests.Diagnostics;

public sealed class ByteCountTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1_023, "1023 B")]
    [InlineData(1_024, "1.0 KiB")]
    [InlineData(12_897_484, "12.3 MiB")]
    [InlineData((1L << 30) - 1, "1.0 GiB")]
    [InlineData(-2_048, "-2.0 KiB")]
    [InlineData(long.MaxValue, "8.0 EiB")]
    public void Bytes_are_printed_in_binary_units_of_at_most_four_digits(long bytes, string text) =>
        Assert.Equal(text, new ByteCount(bytes).ToString());
}
