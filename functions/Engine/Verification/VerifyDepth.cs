namespace Highwater.Engine.Verification;

/// <summary>How much is read again.</summary>
public enum VerifyDepth
{
    /// <summary>Every byte of every object is hashed.</summary>
    Full,

    /// <summary>Packs that an older base backup names too are only looked up; everything else is hashed.</summary>
    NewPacks,
}
