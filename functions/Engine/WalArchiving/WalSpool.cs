using System.Globalization;
using System.Security.Cryptography;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;

namespace Highwater.Engine.WalArchiving;

/// <summary>The folder where archive_command leaves finished WAL files. Other processes work in it at the same
/// time.</summary>
internal sealed class WalSpool(string path)
{
    private const string QuarantineFolder = "quarantine";

    /// <summary>Where files go that may not enter a repository.</summary>
    public string QuarantinePath => Path.Combine(path, QuarantineFolder);

    public string PathOf(WalFileName file) => Path.Combine(path, file.Name);

    /// <summary>
    /// The finished WAL files, oldest first. Everything else there is not ours: temporary files of archive-wal live in
    /// <c>.tmp</c>, what was moved aside in <c>quarantine</c>.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.SpoolUnusable"/>.</exception>
    public IReadOnlyList<WalFileName> List()
    {
        try
        {
            var files = new List<WalFileName>();
            foreach (var file in Directory.EnumerateFiles(path))
            {
                if (WalFileName.TryParse(Path.GetFileName(file), out var name))
                    files.Add(name);
            }

            files.Sort();
            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"it cannot be listed: {e.Message}", e);
        }
    }

    /// <summary>Removes a file that is safe elsewhere. Another process may have been first.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.SpoolUnusable"/>.</exception>
    public void Remove(WalFileName file)
    {
        try
        {
            File.Delete(PathOf(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"{file} is in the repository but cannot be removed from the spool: {e.Message}", e);
        }
    }

    /// <summary>
    /// Moves a file aside and says where it is; null if another process took it away meanwhile. What was moved aside
    /// earlier under the same name stays.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.SpoolUnusable"/>.</exception>
    public string? MoveAside(WalFileName file)
    {
        var folder = QuarantinePath;
        try
        {
            Directory.CreateDirectory(folder);
            for (var attempt = 1; ; attempt++)
            {
                var target = Path.Combine(folder, attempt == 1 ? file.Name : $"{file.Name}.{attempt}");
                if (File.Exists(target))
                    continue;
                File.Move(PathOf(file), target, overwrite: false);
                return target;
            }
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"{file} cannot be moved into {folder}: {e.Message}", e);
        }
    }

    /// <summary>Puts a file aside that never was in the spool, makes it durable, and says where it is. The same bytes
    /// under the same name are put aside once.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="content">Seekable, from its start.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.SpoolUnusable"/>.</exception>
    public async Task<string> SetAsideAsync(WalFileName file, Stream content, CancellationToken cancellationToken)
    {
        var folder = QuarantinePath;
        try
        {
            Directory.CreateDirectory(folder);
            var attempt = 1;
            var target = Path.Combine(folder, file.Name);
            while (File.Exists(target))
            {
                if (await HoldsAsync(target, content, cancellationToken))
                    return target;
                target = Path.Combine(folder, $"{file.Name}.{++attempt}");
            }

            await using var copy = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
            await content.CopyToAsync(copy, cancellationToken);
            copy.Flush(flushToDisk: true);
            DurableFiles.SyncFolder(folder);
            DurableFiles.SyncFolder(path);
            return target;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotSetAside($"{file} cannot be put into {folder}: {e.Message}", e);
        }
    }

    /// <summary>The WAL files that were moved aside and are still there, and where.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.SpoolUnusable"/>.</exception>
    public IReadOnlyList<(WalFileName File, string Path)> ListMovedAside()
    {
        var folder = Path.Combine(path, QuarantineFolder);
        try
        {
            return Directory.Exists(folder)
                ? [.. from file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
                      let name = WithoutNumber(Path.GetFileName(file))
                      where WalFileName.TryParse(name, out _)
                      select (WalFileName.Parse(name), file)]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"{folder} cannot be listed: {e.Message}", e);
        }
    }

    /// <summary>Removes a file that was moved aside and is safe elsewhere.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.SpoolUnusable"/>.</exception>
    public void RemoveMovedAside(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"{file} is in the repository but cannot be removed: {e.Message}", e);
        }
    }

    /// <summary>What is thrown where the quarantine is all that is used.</summary>
    public HighwaterException CannotSetAside(string problem, Exception inner) => new(
        ErrorCodes.SpoolUnusable,
        $"Streamed WAL that may not enter the repository cannot be set aside by {Environment.UserName}: {problem}",
        $"let this user write there: install -d -m 700 -o {Environment.UserName} {QuarantinePath}; or set "
        + "WAL_SPOOL_PATH to a folder of this user",
        inner);

    /// <summary>How many files were moved aside and are still there.</summary>
    /// <exception cref="IOException">It cannot be listed.</exception>
    public int CountMovedAside()
    {
        var folder = QuarantinePath;
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Count() : 0;
    }

    /// <summary>Where a file of this name stands that was moved aside, or null.</summary>
    public string? MovedAside(WalFileName file)
    {
        var target = Path.Combine(QuarantinePath, file.Name);
        return File.Exists(target) ? target : null;
    }

    /// <summary>What is thrown for trouble with the spool itself.</summary>
    public HighwaterException Unusable(string problem, Exception inner) => new(
        ErrorCodes.SpoolUnusable,
        $"The WAL spool {path} is not usable for {Environment.UserName}: {problem}",
        inner is DirectoryNotFoundException
            ? $"create it for the server's user and let this one in: install -d -m 2770 -o postgres -g {Group} {path}; "
            + "or set WAL_SPOOL_PATH to the folder that archive_command writes to"
            : $"let this user read and remove what is in it: chown -R postgres:{Group} {path} "
            + $"&& chmod -R u+rwX,g+rwX {path} "
            + $"&& chmod g+s {path}; archive-wal keeps to the group from then on",
        inner);

    // The second file of a name that was moved aside is NAME.2, and so on.
    private static string WithoutNumber(string name) =>
        int.TryParse(name.AsSpan(name.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
        && name.Contains('.', StringComparison.Ordinal) ? name[..name.LastIndexOf('.')] : name;

    /// <summary>Whether a file holds these bytes; then it is durable as well.</summary>
    private static async Task<bool> HoldsAsync(string path, Stream content, CancellationToken cancellationToken)
    {
        await using var there = File.OpenRead(path);
        if (there.Length != content.Length)
            return false;
        var hash = new Sha256Hash(await SHA256.HashDataAsync(content, cancellationToken));
        content.Position = 0;
        if (new Sha256Hash(await SHA256.HashDataAsync(there, cancellationToken)) != hash)
            return false;
        RandomAccess.FlushToDisk(there.SafeFileHandle);
        DurableFiles.SyncFolder(Path.GetDirectoryName(path)!);
        return true;
    }

    private static string Group => Environment.UserName == "root" ? "postgres" : Environment.UserName;
}
