namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>Where WAL has to be durable before the server is told that it may forget it.</summary>
public enum WalAcknowledgement
{
    /// <summary>In the local repository.</summary>
    Local,

    /// <summary>In every repository: while one is away, the server keeps its WAL.</summary>
    All,
}
