using Highwater.Engine.Storage;
using Highwater.TestKit.Ssh;

namespace Highwater.Engine.Tests.Storage.Sftp;

public sealed class SftpWithShellTests(ShellServerFixture fixture)
    : SftpStorageContract(fixture), IClassFixture<ShellServerFixture>
{
    protected override Durability Expected => Durability.Fsync;
}
