namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>What is done when the server has to keep more WAL for the slot than the operator allows.</summary>
public enum SlotLagAction
{
    /// <summary>Nothing but saying so: no WAL is lost as long as the server's disk has room.</summary>
    Keep,

    /// <summary>What the local repository has is acknowledged, though another one lacks it.</summary>
    Release,

    /// <summary>The slot is dropped, so that the server frees its WAL. What no repository has is a gap then.</summary>
    Drop,
}
