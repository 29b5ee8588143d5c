namespace Highwater.Engine.Errors;

/// <summary>What a command says to the shell. `wal-get` alone differs: see <c>WalGetExitCode</c>.</summary>
public enum ExitCode
{
    /// <summary>The work is done.</summary>
    Done = 0,

    /// <summary>The answer is no: a check failed, a segment is absent, verification found damage.</summary>
    No = 1,

    /// <summary>Wrong usage or settings: nothing was tried.</summary>
    Usage = 2,

    /// <summary>Refused because it would not be safe: the target is not empty, another writer is at work.</summary>
    Refused = 3,

    /// <summary>Trouble outside this program: the network, the server, the disk.</summary>
    Trouble = 4,
}
