using Highwater.Engine.Errors;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// The host keys an operator vouches for. Read anew for every connection, so that an edit counts at once.
/// </summary>
public sealed class KnownHosts
{
    private readonly string _file;
    private readonly IReadOnlyList<KnownHostLine> _lines;

    private KnownHosts(string file, IReadOnlyList<KnownHostLine> lines)
    {
        _file = file;
        _lines = lines;
    }

    /// <summary>Reads the file; one that is not there knows nobody.</summary>
    /// <exception cref="HighwaterException">The file is there and cannot be read.</exception>
    public static KnownHosts Load(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        try
        {
            return Parse(file, File.Exists(file) ? File.ReadAllLines(file) : []);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Denied(
                $"reading the known_hosts file {Path.GetFullPath(file)}", Environment.UserName, file, fault);
        }
    }

    /// <summary>Takes the lines of a file; the name is for messages.</summary>
    public static KnownHosts Parse(string file, IEnumerable<string> text) =>
        new(Path.GetFullPath(file), [.. text.Select(KnownHostLine.Parse).OfType<KnownHostLine>()]);

    /// <summary>How OpenSSH writes a host in the file: the bare name on port 22, else <c>[name]:port</c>.</summary>
    public static string NameOf(string host, int port) => port == 22 ? host : $"[{host}]:{port}";

    /// <summary>Types of the keys known for a host: a server with several keys is asked for one of these.</summary>
    public IReadOnlyList<string> KeyTypesOf(string host, int port) =>
        [.. KeysOf(host, port).Select(line => line.KeyType).Distinct()];

    /// <summary>Decides about the key a server shows: null if it is known, else the error that refuses it.</summary>
    public HighwaterException? Judge(string host, int port, ReadOnlySpan<byte> key)
    {
        var name = NameOf(host, port);
        var shown = SshFingerprint.Of(key);
        foreach (var line in _lines)
        {
            if (line.IsRevoked && line.Key.AsSpan().SequenceEqual(key) && line.Matches(name))
                return Revoked(name, shown);
        }

        var known = KeysOf(host, port);
        foreach (var line in known)
        {
            if (line.Key.AsSpan().SequenceEqual(key))
                return null;
        }

        return known.Count == 0
            ? Unknown(host, port, key, shown)
            : Changed(host, port, key, shown, known);
    }

    private List<KnownHostLine> KeysOf(string host, int port) =>
        [.. _lines.Where(line => line.Marker.Length == 0 && line.Matches(NameOf(host, port)))];

    private HighwaterException Unknown(string host, int port, ReadOnlySpan<byte> key, string shown) => new(
        ErrorCodes.HostKeyUnknown,
        $"The host key of {host} port {port} is not in {_file}"
        + $"{(File.Exists(_file) ? "" : " (the file does not exist)")}. The server shows {SshFingerprint.TypeOf(key)} "
        + $"{shown}. Nothing was sent to it.",
        "compare the fingerprint with the one on the server itself (`ssh-keygen -lf "
        + "/etc/ssh/ssh_host_ed25519_key.pub`); "
        + $"if it is the same, add this line to {_file}:\n  {NameOf(host, port)} {SshFingerprint.LineOf(key)}");

    private HighwaterException Changed(
        string host, int port, ReadOnlySpan<byte> key, string shown, List<KnownHostLine> known) => new(
        ErrorCodes.HostKeyChanged,
        $"The host key of {host} port {port} is not the one in {_file}. Known: "
        + $"{string.Join(", ", known.Select(line => $"{line.KeyType} {SshFingerprint.Of(line.Key)}"))}; shown: "
        + $"{SshFingerprint.TypeOf(key)} {shown}. Somebody may be listening in between. Nothing was sent to it.",
        "ask the server's administrator whether its key was changed. Only if it was, remove the old line with "
        + $"`ssh-keygen -R '{NameOf(host, port)}' -f {_file}` and add:\n  "
        + $"{NameOf(host, port)} {SshFingerprint.LineOf(key)}");

    private HighwaterException Revoked(string name, string shown) => new(
        ErrorCodes.HostKeyChanged,
        $"The host key {shown} of {name} is marked @revoked in {_file}. Nothing was sent to it.",
        "the key must not be used any more: give the server a new host key (`ssh-keygen -A` after removing the old "
        + "one), "
        + $"then add its line to {_file}.");
}
