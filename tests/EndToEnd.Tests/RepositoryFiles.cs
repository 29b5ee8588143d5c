using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

/// <summary>Looks at repositories from outside, as files.</summary>
public static partial class RepositoryFiles
{
    private static readonly string[] Immutable = ["packs", "base-backups", "wal-archive"];

    /// <summary>Names below a folder of a repository; none if the folder is not there.</summary>
    public static string[] Below(string repository, string folder = "")
    {
        var path = Path.Combine(repository, folder);
        return Directory.Exists(path)
            ? [.. Directory.GetFiles(path, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(repository, file)).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Published packs. Names that a listing shows and that are gone a moment later do not matter.</summary>
    public static string[] Packs(string repository) =>
        [.. Below(repository, "packs").Where(name => name.EndsWith(".tar", StringComparison.Ordinal))];

    /// <summary>What would change if a file were written again: its inode, time of change and length.</summary>
    public static string[] Identities(string repository, IEnumerable<string> names) =>
        [.. names.Select(name => Shell.Run("stat", "-c", "%n %i %y %s", Path.Combine(repository, name)))];

    /// <summary>Whether it is a piece of an unfinished segment: those come and go.</summary>
    public static bool IsPiece(string name) => Piece().IsMatch(name);

    /// <summary>Base backups, WAL and packs are the same, byte for byte.</summary>
    public static void AssertSame(string left, string right)
    {
        foreach (var folder in Immutable)
        {
            var names = Below(left, folder).Where(name => !IsPiece(name)).ToArray();
            Assert.NotEmpty(names);
            Assert.Equal(names, Below(right, folder).Where(name => !IsPiece(name)));
            Assert.All(names, name => Assert.Equal(Hash(Path.Combine(left, name)), Hash(Path.Combine(right, name))));
        }
    }

    /// <summary>Every pack has the SHA-256 that its name promises.</summary>
    public static void AssertPacksWhole(string repository) => Assert.All(
        Packs(repository),
        name => Assert.Equal(Path.GetFileNameWithoutExtension(name), Hash(Path.Combine(repository, name))));

    /// <summary>Bytes of all files.</summary>
    public static long Bytes(string repository, IEnumerable<string> names) =>
        names.Sum(name => new FileInfo(Path.Combine(repository, name)).Length);

    [GeneratedRegex(@"\.[0-9A-F]{8}-[0-9A-F]{8}\.partial\.zst$")]
    private static partial Regex Piece();

    private static string Hash(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file)).ToLower(CultureInfo.InvariantCulture);
    }
}
