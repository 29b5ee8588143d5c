namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>How bad it is that the server keeps WAL for the slot.</summary>
internal enum SlotLagVerdict
{
    Fine,

    /// <summary>Worth a warning.</summary>
    Much,

    /// <summary>More than the operator allows.</summary>
    TooMuch,
}
