using System.Collections.Concurrent;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Repository;

/// <summary>
/// What this process has proven of the segments it stored last. It says what stored bytes have to be, never that they
/// still are: they are hashed again whenever they are used, so that a proof does not age. Of what is not in here
/// everything is checked anew.
/// </summary>
public sealed class StoredWalProofs
{
    // About a megabyte. An hour of a busy server; what an outage has left beyond it is unpacked again.
    private const int Most = 4096;

    private readonly ConcurrentDictionary<(string Address, WalFileName File), StoredWalProof> _proofs = new();
    private readonly ConcurrentQueue<(string Address, WalFileName File)> _oldestFirst = new();

    /// <summary>Keeps a proof, and forgets the oldest when there are too many.</summary>
    public void Add(BackupRepository repository, WalFileName file, StoredWalProof proof)
    {
        var key = (repository.Storage.Address, file);
        if (!_proofs.TryAdd(key, proof))
        {
            _proofs[key] = proof;
            return;
        }

        _oldestFirst.Enqueue(key);
        while (_oldestFirst.Count > Most && _oldestFirst.TryDequeue(out var oldest))
            _proofs.TryRemove(oldest, out _);
    }

    /// <summary>What is known of a file in a repository, or null.</summary>
    public StoredWalProof? Find(BackupRepository repository, WalFileName file) =>
        _proofs.GetValueOrDefault((repository.Storage.Address, file));
}
