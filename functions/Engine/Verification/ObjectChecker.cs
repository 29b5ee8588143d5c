using System.Security.Cryptography;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using ZstdSharp;

namespace Highwater.Engine.Verification;

/// <summary>Checks objects of one repository, one at a time or several at once.</summary>
internal sealed class ObjectChecker(BackupRepository repository)
{
    // Anything else is trouble on the way to the object and says nothing about it.
    private static readonly ErrorCode[] Damage =
    [
        ErrorCodes.StorageObjectMissing, ErrorCodes.StorageContentMismatch, ErrorCodes.StorageFailed,
        ErrorCodes.StorageDenied, ErrorCodes.RepositoryDamaged, ErrorCodes.WalAbsent, ErrorCodes.WalInvalid,
    ];

    private readonly WalArchive _wal = new(repository);
    private readonly WalChainCheck _chain = new(new WalArchive(repository));

    /// <summary>Says what is wrong with an object, or null.</summary>
    /// <exception cref="HighwaterException">The storage cannot be asked now.</exception>
    public async Task<ObjectFault?> FindFaultAsync(ObjectCheck check, CancellationToken cancellationToken)
    {
        var seen = new NeededObject(check.Key, check.Expected?.Length).FindFault(check.StoredLength);
        if (seen is not null)
            return new ObjectFault($"{seen}.");
        try
        {
            return check is { Kind: CheckKind.Wal, Wal: { Kind: WalFileKind.Segment } file }
                ? await _chain.FindFaultAsync(file.Segment, check.StartsRecovery, cancellationToken)
                : await FindProblemAsync(check, cancellationToken) is { } problem ? new ObjectFault(problem) : null;
        }
        catch (HighwaterException e) when (IsDamage(e))
        {
            return new ObjectFault(e.WhatHappened);
        }
    }

    /// <summary>Whether an error says something about the object rather than about the way to it.</summary>
    public static bool IsDamage(HighwaterException error) =>
        error is not TransientException && Damage.Contains(error.Code);

    private async Task<string?> FindProblemAsync(ObjectCheck check, CancellationToken cancellationToken) =>
        check.Kind switch
        {
            CheckKind.Presence => null,
            CheckKind.Hash => await CompareHashAsync(check, cancellationToken),
            CheckKind.FileList => await FileListCheck.FindFaultAsync(repository, check.Backup!, cancellationToken),
            CheckKind.Manifest => await FindManifestFaultAsync(check, cancellationToken),
            CheckKind.Wal => await FindWalFaultAsync(check.Wal!.Value, cancellationToken),
            CheckKind.WalPiece => await FindPieceFaultAsync(check.Piece!.Value, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(check), check.Kind, "Unknown kind of check."),
        };

    private async Task<string?> CompareHashAsync(ObjectCheck check, CancellationToken cancellationToken)
    {
        var found = await repository.Storage.HashAsync(check.Key, cancellationToken);
        return found == check.Expected!.Sha256 ? null : Differs(check, found);
    }

    private async Task<string?> FindManifestFaultAsync(ObjectCheck check, CancellationToken cancellationToken)
    {
        await using var stored = await repository.Storage.OpenReadAsync(check.Key, null, cancellationToken);
        using var sha256 = SHA256.Create();
        await using var hashed = new CryptoStream(stored, sha256, CryptoStreamMode.Read);
        try
        {
            await using var plain = new DecompressionStream(hashed, leaveOpen: true);
            if (await JsonCheck.FindFaultAsync(plain, cancellationToken) is { } fault)
                return $"{check.Key} is not JSON: {fault}";
        }
        catch (Exception e) when (e is ZstdException or EndOfStreamException)
        {
            return $"{check.Key} cannot be decompressed: {e.Message}.";
        }

        await hashed.CopyToAsync(Stream.Null, cancellationToken);
        var found = new Sha256Hash(sha256.Hash!);
        return found == check.Expected!.Sha256 ? null : Differs(check, found);
    }

    private async Task<string?> FindWalFaultAsync(WalFileName file, CancellationToken cancellationToken)
    {
        if (file.Kind == WalFileKind.TimelineHistory)
            await _wal.ReadHistoryAsync(file.Segment.Timeline, cancellationToken);
        else
            await _wal.VerifyAsync(file, cancellationToken);
        return null;
    }

    private async Task<string?> FindPieceFaultAsync(WalPieceName piece, CancellationToken cancellationToken)
    {
        try
        {
            await using var plain = await new WalPieces(repository).OpenReadAsync(piece, cancellationToken);
            await plain.CopyToAsync(Stream.Null, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageObjectMissing)
        {
            // It was merged with others, or its segment is there whole by now.
        }

        return null;
    }

    private static string Differs(ObjectCheck check, Sha256Hash found) =>
        $"{check.Key} has other bytes than were stored: SHA-256 {found} instead of {check.Expected!.Sha256}.";
}
