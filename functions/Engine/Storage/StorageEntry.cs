namespace Highwater.Engine.Storage;

/// <summary>One object as the storage knows it without reading it.</summary>
/// <param name="Key">Its key, with <c>/</c> between the parts.</param>
/// <param name="Length">In bytes.</param>
/// <param name="ModifiedAt">When it was published, by the storage's clock.</param>
public sealed record StorageEntry(string Key, long Length, DateTimeOffset ModifiedAt);
