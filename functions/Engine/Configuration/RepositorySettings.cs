using Highwater.Engine.Repository;

namespace Highwater.Engine.Configuration;

/// <summary>Reads where backups go.</summary>
public static class RepositorySettings
{
    /// <summary>The local repository, then the remote one if a host is named. Faults go to the reader.</summary>
    public static IReadOnlyList<RepositoryOptions> Read(SettingsReader reader)
    {
        var local = new RepositoryOptions(
            RepositoryOptions.Local,
            Path.GetFullPath(reader.Text(SettingNames.LocalBackupPath, "/var/lib/postgresql/backups")));
        var host = reader.Optional(SettingNames.RemoteBackupHost);
        return host is null ? [local] : [local, ReadRemote(reader, host)];
    }

    private static RepositoryOptions ReadRemote(SettingsReader reader, string host)
    {
        var port = reader.Number(SettingNames.RemoteBackupPort, 22, 1, 65_535);
        var user = reader.Required(SettingNames.RemoteBackupUser, "backup");
        var path = reader.Required(SettingNames.RemoteBackupPath, "/srv/backups/main");
        if (host.AsSpan().ContainsAny(" /@"))
            reader.Fault(
                SettingNames.RemoteBackupHost, $"'{host}' is not a host name", "REMOTE_BACKUP_HOST=backup.example.org");
        if (path.Length > 0 && path[0] != '/')
            reader.Fault(
                SettingNames.RemoteBackupPath, $"'{path}' is not an absolute path",
                "REMOTE_BACKUP_PATH=/srv/backups/main");
        var bracketed = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return new RepositoryOptions(
            RepositoryOptions.Remote,
            $"sftp://{user}@{bracketed}:{port}{path}",
            ReadFile(reader, SettingNames.RemoteBackupKeyFile, "backup-keys/id_rsa"),
            Path.GetFullPath(reader.Text(SettingNames.RemoteBackupKnownHosts, "backup-keys/known_hosts")));
    }

    private static string ReadFile(SettingsReader reader, string name, string defaultPath)
    {
        var path = Path.GetFullPath(reader.Text(name, defaultPath));
        if (!File.Exists(path))
            reader.Fault(
                name,
                $"there is no private key at {path}; make one with: ssh-keygen -t ed25519 -N '' -f {path}",
                $"{name}={defaultPath}");
        return path;
    }
}
