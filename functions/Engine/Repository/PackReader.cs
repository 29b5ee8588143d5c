using System.Formats.Tar;
using System.Runtime.CompilerServices;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>Says what is in a pack.</summary>
public static class PackReader
{
    /// <summary>
    /// Gives the members of a pack in order, reading headers only: cheap on a local disk, a round trip for each chunk
    /// elsewhere.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>; any storage error.</exception>
    public static async IAsyncEnumerable<PackMember> ReadMembersAsync(
        IStorage storage, Sha256Hash pack, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = RepositoryLayout.Pack(pack);
        await using var stream = await storage.OpenReadAsync(key, null, cancellationToken);
        await using var tar = new TarReader(stream, leaveOpen: true);
        var offset = 0L;
        while (await NextAsync(tar, storage, key, cancellationToken) is { } entry)
        {
            var name = entry.Name;
            if (!name.EndsWith(".zst", StringComparison.Ordinal) || !Sha256Hash.TryParse(name[..^4], out var chunk))
                throw Damaged(storage, key, $"it has a member '{name}', which is no chunk");
            offset += PackFormat.Block;
            yield return new PackMember(chunk, offset, (int)entry.Length);
            offset += PackFormat.Padded(entry.Length);
        }
    }

    private static async Task<TarEntry?> NextAsync(
        TarReader tar, IStorage storage, string key, CancellationToken cancellationToken)
    {
        try
        {
            return await tar.GetNextEntryAsync(copyData: false, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw Damaged(storage, key, $"it is no tar archive ({e.Message})", e);
        }
    }

    private static HighwaterException Damaged(IStorage storage, string key, string problem, Exception? inner = null) =>
        new(
        ErrorCodes.RepositoryDamaged,
        $"The pack {key} of {storage.Address} is damaged: {problem}.",
        "run 'highwater verify --repair' to take it from the other repository",
        inner);
}
