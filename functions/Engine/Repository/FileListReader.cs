using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using ZstdSharp;

namespace Highwater.Engine.Repository;

/// <summary>Reads the file list of a base backup as a stream, in bounded memory.</summary>
public static class FileListReader
{
    /// <summary>
    /// Gives the entries in the order they were written. The object's hash is checked at the end: a caller that must
    /// not act on a damaged list reads it to the end first.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>: the list is not the one the
    /// backup committed; any storage error.</exception>
    public static async IAsyncEnumerable<FileListEntry> ReadAsync(
        BackupRepository repository, BackupRecord backup, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = RepositoryLayout.FileList(backup.Id);
        var what = $"{key} of {repository.Storage.Address}";
        await using var stored = await repository.Storage.OpenReadAsync(key, null, cancellationToken);
        using var sha256 = SHA256.Create();
        await using var hashed = new CryptoStream(stored, sha256, CryptoStreamMode.Read);
        await using var plain = new DecompressionStream(hashed, leaveOpen: true);
        using var lines = new StreamReader(plain);
        while (await ReadLineAsync(lines, what, cancellationToken) is { } line)
        {
            yield return RepositoryJson.Parse<FileListEntry>(
                System.Text.Encoding.UTF8.GetBytes(line), "A line of " + what);
        }

        await hashed.CopyToAsync(Stream.Null, cancellationToken);
        if (new Sha256Hash(sha256.Hash!) != backup.FileList.Sha256)
            throw Damaged(what, "its SHA-256 is not the one the base backup was committed with", null);
    }

    private static async Task<string?> ReadLineAsync(
        StreamReader lines, string what, CancellationToken cancellationToken)
    {
        try
        {
            return await lines.ReadLineAsync(cancellationToken);
        }
        catch (Exception e) when (e is ZstdException or EndOfStreamException)
        {
            throw Damaged(what, e.Message, e);
        }
    }

    private static HighwaterException Damaged(string what, string problem, Exception? inner) => new(
        ErrorCodes.RepositoryDamaged,
        $"{what} is damaged: {problem}.",
        "run 'highwater verify --repair' to take it from the other repository",
        inner);
}
