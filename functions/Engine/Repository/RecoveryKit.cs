using System.Reflection;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>
/// What every repository carries so that it can be restored without this program: the description of its format and a
/// shell script that needs only sh, tar, zstd and jq.
/// </summary>
public static class RecoveryKit
{
    /// <summary>Writes the kit. Repeatable. A kit of an earlier version that is there already stays: it fits its
    /// repository.</summary>
    public static async Task WriteAsync(IStorage storage, CancellationToken cancellationToken)
    {
        foreach (var key in (string[])[RepositoryLayout.FormatDocument, RepositoryLayout.RestoreScript])
        {
            if (await storage.StatAsync(key, cancellationToken) is null)
                await storage.PutAsync(key, ObjectContent.FromBytes(Read(key)), cancellationToken);
        }
    }

    private static byte[] Read(string key)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(key)
            ?? throw new InvalidOperationException($"{key} is missing from this build.");
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        return bytes.ToArray();
    }
}
