namespace Highwater.Engine.Storage;

/// <summary>
/// The grammar of keys, in one place for every storage: parts of <c>[A-Za-z0-9._-]+</c> joined by <c>/</c>, none being
/// <c>.</c> or <c>..</c>. A key is therefore safe as a path on any system and inside a quoted shell argument.
/// </summary>
public static class StorageKey
{
    /// <summary>Where objects are written before they are published; garbage when their writer is gone.</summary>
    public const string TemporaryFolder = "tmp/";

    /// <exception cref="ArgumentException">The text is not a key.</exception>
    public static void Validate(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!IsValid(key))
        {
            throw new ArgumentException($"'{key}' is not a storage key such as packs/ab/ab12.tar.", nameof(key));
        }
    }

    /// <exception cref="ArgumentException">The text is neither empty nor a key followed by <c>/</c>.</exception>
    public static void ValidateFolder(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.Length > 0 && !(prefix.EndsWith('/') && IsValid(prefix.AsSpan(0, prefix.Length - 1))))
        {
            throw new ArgumentException($"'{prefix}' is not a folder of keys such as packs/.", nameof(prefix));
        }
    }

    public static bool IsValid(ReadOnlySpan<char> key)
    {
        foreach (var range in key.Split('/'))
        {
            if (!IsPart(key[range]))
                return false;
        }

        return true;
    }

    /// <summary>Whether the text may stand between two slashes of a key.</summary>
    public static bool IsPart(ReadOnlySpan<char> part)
    {
        if (part.IsEmpty || part is "." || part is "..")
            return false;
        foreach (var c in part)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        }

        return true;
    }

    /// <summary>The folder a key lies in, without a slash at the end: <c>packs/ab</c> of <c>packs/ab/x.tar</c>, empty
    /// at the root.</summary>
    public static string FolderOf(string key) => key.LastIndexOf('/') is var slash and >= 0 ? key[..slash] : "";

    /// <summary>A fresh key under <see cref="TemporaryFolder"/>.</summary>
    public static string NewTemporary() => TemporaryFolder + Guid.NewGuid().ToString("n");
}
