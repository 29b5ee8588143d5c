using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.Storage.Sftp;

namespace Highwater.Engine.Tests.Storage;

public sealed class StorageAddressTests
{
    [Theory]
    [InlineData("/var/backups", "/var/backups", null, null, 22)]
    [InlineData("backups", "backups", null, null, 22)]
    [InlineData("sftp://me@host/srv/x", "/srv/x", "host", "me", 22)]
    [InlineData("sftp://me@host:2222/srv/x", "/srv/x", "host", "me", 2222)]
    [InlineData("SFTP://me@10.0.0.1:22/x", "/x", "10.0.0.1", "me", 22)]
    [InlineData("sftp://me@[::1]:2222/x", "/x", "::1", "me", 2222)]
    [InlineData("sftp://me@host/~/backups/a", "backups/a", "host", "me", 22)]
    [InlineData("sftp://me@host/with%20space", "/with space", "host", "me", 22)]
    public void An_address_names_its_parts(string text, string path, string? host, string? user, int port) =>
        Assert.Equal(new StorageAddress(path, host, user, port), StorageAddress.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("s3://bucket/x")]
    [InlineData("sftp://host/x")]
    [InlineData("sftp://me@host")]
    [InlineData("sftp://me@host/")]
    [InlineData("sftp://me@/x")]
    [InlineData("sftp://me@host:99999/x")]
    [InlineData("sftp://me@host/x?y=1")]
    [InlineData("sftp://me:secret@host/x")]
    public void What_is_no_address_is_refused_with_an_example_and_without_a_secret(string text)
    {
        var error = Assert.Throws<HighwaterException>(() => StorageAddress.Parse(text));
        Assert.Equal(ErrorCodes.UsageInvalid, error.Code);
        Assert.Contains("sftp://backup@", error.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_right_storage_is_opened()
    {
        await using var local = StorageFactory.Open("/var/backups");
        Assert.IsType<LocalStorage>(local);
        await using var remote = StorageFactory.Open("sftp://me@host:2222/srv/x", "key", "known_hosts");
        Assert.Equal("sftp://me@host:2222/srv/x", Assert.IsType<SftpStorage>(remote).Address);
        await using var home = StorageFactory.Open("sftp://me@host/~/x", "key", "known_hosts");
        Assert.Equal("sftp://me@host:22/~/x", home.Address);
    }

    [Fact]
    public void A_missing_key_or_known_hosts_file_is_named()
    {
        var error = Assert.Throws<HighwaterException>(() =>
            StorageFactory.Open("sftp://me@host/x", null, "known_hosts"));
        Assert.Contains("--identity-file", error.Remedy, StringComparison.Ordinal);
        error = Assert.Throws<HighwaterException>(() => StorageFactory.Open("sftp://me@host/x", "key"));
        Assert.Contains("--known-hosts", error.Remedy, StringComparison.Ordinal);
    }
}
