using Highwater.Engine.Diagnostics.Checks;
using Highwater.Engine.Errors;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Diagnostics.Checks;

public sealed class ProbeSpoolTests
{
    [Fact]
    public void A_place_where_streamed_segments_could_not_be_set_aside_is_found_before_one_has_to_be()
    {
        using var folder = new TempDirectory("quarantine");
        Assert.Null(ProbeSpool.RunQuarantine(folder.Combine("not/made/yet")).Fault);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        // Nobody can write there, not even root.
        var fault = ProbeSpool.RunQuarantine("/proc/none").Fault;

        Assert.Equal(ErrorCodes.SpoolUnusable.Code, fault!.Code);
        Assert.Contains("/proc/none/quarantine", fault.Remedy, StringComparison.Ordinal);
        Assert.Contains("WAL_SPOOL_PATH", fault.Remedy, StringComparison.Ordinal);
    }
}
