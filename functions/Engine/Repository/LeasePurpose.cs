namespace Highwater.Engine.Repository;

/// <summary>What a lease is held for. Prune excludes all others; the others live side by side.</summary>
public enum LeasePurpose
{
    BaseBackup,
    Replicate,
    Restore,
    Verify,
    Prune,
}
