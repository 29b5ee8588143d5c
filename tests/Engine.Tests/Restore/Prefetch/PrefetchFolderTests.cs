using Highwater.Engine.Restore.Prefetch;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Restore.Prefetch;

public sealed class PrefetchFolderTests : IDisposable
{
    private readonly TempDirectory _data = new("data");

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData("recovery.signal", "pg_wal/RECOVERYXLOG", true)]
    [InlineData("standby.signal", "pg_wal/RECOVERYXLOG", true)]
    [InlineData("recovery.signal", "pg_wal/RECOVERYHISTORY", true)]
    [InlineData("recovery.signal", "pg_wal/000000010000000000000001", false)]
    [InlineData("recovery.signal", "/tmp/RECOVERYXLOG", false)]
    [InlineData("postmaster.pid", "pg_wal/RECOVERYXLOG", false)]
    public void Only_a_server_in_recovery_has_WAL_fetched_ahead(string file, string destination, bool isServed)
    {
        File.WriteAllText(_data.Combine(file), "");

        Assert.Equal(isServed, PrefetchFolder.For(_data.Path, destination) is not null);
        Assert.Equal(
            isServed, PrefetchFolder.For(_data.Path, Path.GetFullPath(destination, _data.Path)) is not null);
    }
}
