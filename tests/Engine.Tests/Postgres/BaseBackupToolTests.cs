using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Postgres;

public sealed class BaseBackupToolTests : IDisposable
{
    private readonly TempDirectory _root = new("tools");

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(13, "usr/lib/postgresql/13/bin")]
    [InlineData(14, "usr/lib/postgresql/15/bin")]
    [InlineData(16, "usr/pgsql-16/bin")]
    [InlineData(17, "usr/lib/postgresql/18/bin")]
    public void The_servers_own_version_is_taken_or_else_the_next_newer_one(int serverMajor, string expected)
    {
        foreach (var folder in new[] { "lib/postgresql/13", "lib/postgresql/15", "lib/postgresql/18", "pgsql-16" })
            Install($"usr/{folder}/bin");
        Directory.CreateDirectory(Path.Combine(_root.Path, "usr/lib/postgresql/17/bin")); // a server without clients
        Assert.Equal(Install(expected), BaseBackupTool.Find(serverMajor, _root.Path, ""));
    }

    [Fact]
    public void Without_a_version_that_serves_the_one_on_the_path_is_taken_and_else_the_remedy_is_named()
    {
        Install("usr/lib/postgresql/15/bin");
        var onPath = Install("opt/bin");
        var searchPath = $"/no-such-folder:{Path.GetDirectoryName(onPath)}";
        Assert.Equal(onPath, BaseBackupTool.Find(16, _root.Path, searchPath));
        var missing = Assert.Throws<HighwaterException>(() => BaseBackupTool.Find(16, _root.Path, ""));
        Assert.Equal(ErrorCodes.BaseBackupToolMissing, missing.Code);
    }

    private string Install(string folder)
    {
        var path = Path.Combine(_root.Path, folder, "pg_basebackup");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return path;
    }
}
