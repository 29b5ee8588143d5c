using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Storage.Local;

public sealed class LocalStorageTests : StorageContract, IDisposable
{
    private readonly TempDirectory _directory = new("local");

    public LocalStorageTests() => Storage = new LocalStorage(Folder);

    protected override IStorage Storage { get; }

    protected override string Folder => _directory.Combine("nested", "repository");

    public void Dispose() => _directory.Dispose();

    protected override IStorage StorageIn(string folder) => new LocalStorage(folder);

    [Fact]
    public async Task A_path_that_cannot_be_a_folder_is_a_named_error()
    {
        await File.WriteAllTextAsync(_directory.Combine("file"), "", Token);
        await using var storage = new LocalStorage(_directory.Combine("file", "repository"));
        var error = await Assert.ThrowsAnyAsync<HighwaterException>(
            () => storage.PutAsync("a", ObjectContent.FromBytes(new byte[1]), Token));
        Assert.Equal(ErrorCodes.StorageFailed, error.Code);
        Assert.Contains(_directory.Combine("file"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_closed_to_other_users()
    {
        await Storage.PutAsync("packs/aa/1", ObjectContent.FromBytes(new byte[1]), Token);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Folder, "packs/aa/1")));
    }

    [Fact]
    public async Task A_missing_source_file_is_not_taken_for_a_missing_object()
    {
        var content = ObjectContent.FromBytes(new byte[5]) with
        {
            OpenAsync = _ => ValueTask.FromResult<Stream>(File.OpenRead(_directory.Combine("no-such-source"))),
        };
        await Assert.ThrowsAsync<FileNotFoundException>(() => Storage.PutAsync("a", content, Token));
    }
}
