using Highwater.Engine.Storage.Local;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Storage.Local;

public sealed class DurableFilesTests : IDisposable
{
    private readonly TempDirectory _directory = new("durable");

    public static TheoryData<string> Ways => ["link", "rename"];

    public void Dispose() => _directory.Dispose();

    private static bool Publish(string way, string from, string to) =>
        way == "link" ? DurableFiles.TryPublish(from, to) : DurableFiles.TryRename(from, to);

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_published_file_has_its_name_and_loses_the_temporary_one(string way)
    {
        File.WriteAllText(_directory.Combine("temporary"), "bytes");
        Assert.True(Publish(way, _directory.Combine("temporary"), _directory.Combine("final")));
        Assert.Equal("bytes", File.ReadAllText(_directory.Combine("final")));
        Assert.False(File.Exists(_directory.Combine("temporary")));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_name_that_is_taken_keeps_its_file(string way)
    {
        File.WriteAllText(_directory.Combine("temporary"), "new");
        File.WriteAllText(_directory.Combine("final"), "old");
        Assert.False(Publish(way, _directory.Combine("temporary"), _directory.Combine("final")));
        Assert.Equal("old", File.ReadAllText(_directory.Combine("final")));
        Assert.True(File.Exists(_directory.Combine("temporary")));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_folder_that_is_not_there_is_an_error(string way)
    {
        File.WriteAllText(_directory.Combine("temporary"), "new");
        Assert.Throws<DirectoryNotFoundException>(
            () => Publish(way, _directory.Combine("temporary"), _directory.Combine("none", "final")));
    }

    [Fact]
    public void Flushing_a_folder_that_is_not_there_is_an_error() =>
        Assert.Throws<DirectoryNotFoundException>(() => DurableFiles.SyncFolder(_directory.Combine("none")));
}
