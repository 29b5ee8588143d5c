namespace Highwater.Engine.Storage;

/// <summary>What a put found.</summary>
public enum PutOutcome
{
    /// <summary>The object is new: the bytes were sent and published.</summary>
    Stored,

    /// <summary>The very same bytes were there already under this key: nothing was sent.</summary>
    AlreadyThere,
}
