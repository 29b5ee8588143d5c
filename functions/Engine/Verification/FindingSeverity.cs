namespace Highwater.Engine.Verification;

/// <summary>What a finding means for restores.</summary>
public enum FindingSeverity
{
    /// <summary>Every base backup can be restored, but something is not as it should be.</summary>
    Warning,

    /// <summary>Something that was promised cannot be restored.</summary>
    Error,
}
