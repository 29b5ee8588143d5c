using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost.Tests.State;

public sealed class CommitFaultTests
{
    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData(":after")]
    [InlineData("0:after")]
    [InlineData("-1:after")]
    [InlineData("7:meanwhile")]
    [InlineData("7after")]
    [InlineData("99999999999:before")]
    [InlineData("Episode/Main:before")]
    [InlineData("after/7")]
    public void What_names_no_commit_is_refused_with_what_is_expected(string at)
    {
        var error = Assert.Throws<ArgumentException>(() => CommitFault.Create(at, null));

        Assert.Contains($"HIGHWATER_CRASH_AT='{at}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("NUMBER:before or NUMBER:after", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7:before")]
    [InlineData("7:after")]
    [InlineData("Schedule/A:b/1:after")]
    public void A_commit_is_named_by_its_number_alone_or_within_its_kind(string at) =>
        Assert.NotNull(CommitFault.Create(at, null));

    [Fact]
    public void Without_the_variables_there_is_no_fault_at_all() => Assert.Null(CommitFault.FromEnvironment());
}
