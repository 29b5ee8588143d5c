namespace Highwater.Engine.Restore;

/// <summary>What asking the repositories for an archived file came to.</summary>
public enum WalGetOutcome
{
    /// <summary>The file stands at the destination, whole and verified.</summary>
    Found,

    /// <summary>Every repository answered, and none has it.</summary>
    Absent,
}
