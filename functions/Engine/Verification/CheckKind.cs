namespace Highwater.Engine.Verification;

/// <summary>How an object is checked.</summary>
internal enum CheckKind
{
    /// <summary>Only looked up in the listing.</summary>
    Presence,

    /// <summary>The SHA-256 of its bytes on the medium is compared.</summary>
    Hash,

    /// <summary>Hashed, read line by line, and compared with itself and the packs.</summary>
    FileList,

    /// <summary>Hashed, decompressed and read as JSON.</summary>
    Manifest,

    /// <summary>Decompressed and compared with its own header, or parsed.</summary>
    Wal,

    /// <summary>Decompressed and compared with its own header, as long as it is there: pieces come and go.</summary>
    WalPiece,
}
