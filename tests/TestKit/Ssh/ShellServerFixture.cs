namespace Highwater.TestKit.Ssh;

/// <summary>A server that allows commands, as most do.</summary>
public sealed class ShellServerFixture() : SshServerFixture(new SshServerOptions());
