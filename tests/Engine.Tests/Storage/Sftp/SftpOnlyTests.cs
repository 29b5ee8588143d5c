using Highwater.Engine.Storage;
using Highwater.TestKit.Ssh;

namespace Highwater.Engine.Tests.Storage.Sftp;

public sealed class SftpOnlyTests(SftpOnlyServerFixture fixture)
    : SftpStorageContract(fixture), IClassFixture<SftpOnlyServerFixture>
{
    protected override Durability Expected => Durability.ReadBack;
}
