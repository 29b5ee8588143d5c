namespace Highwater.TestKit.Ssh;

/// <summary>A server that only does SFTP, as hosters give it.</summary>
public sealed class SftpOnlyServerFixture() : SshServerFixture(new SshServerOptions(SftpOnly: true));
