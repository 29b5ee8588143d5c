using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Sftp;
using Highwater.TestKit.Ssh;

namespace Highwater.Engine.Tests.Storage.Sftp;

/// <summary>The contract over SFTP, against a real sshd.</summary>
public abstract class SftpStorageContract(SshServerFixture fixture) : StorageContract, IAsyncLifetime
{
    private IStorage? _storage;
    private string? _folder;

    protected override IStorage Storage => _storage!;

    protected override string Folder => _folder!;

    protected SshServer Server { get; private set; } = null!;

    protected abstract Durability Expected { get; }

    public async ValueTask InitializeAsync()
    {
        Server = await fixture.ServerAsync();
        _folder = Path.Combine(Server.Files, Guid.NewGuid().ToString("n"), "repository");
        _storage = StorageIn(_folder);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Storage.DisposeAsync();
    }

    protected override IStorage StorageIn(string folder) =>
        new SftpStorage(SshServerFixture.OptionsFor(Server, folder));

    [Fact]
    public async Task Status_tells_how_durable_a_put_is_here()
    {
        var facts = await Storage.DescribeAsync(Token);
        Assert.Equal((Expected, Expected == Durability.Fsync), (facts.Durability, facts.HashesRemotely));
    }

    [Fact]
    public void The_address_is_one_an_operator_can_type_again() =>
        Assert.Equal($"sftp://{SshServer.User}@127.0.0.1:{Server.Port}{Folder}", Storage.Address);
}
