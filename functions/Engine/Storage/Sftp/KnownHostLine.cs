using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// One line of an OpenSSH known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): an optional marker, host patterns,
/// key type and key.
/// </summary>
/// <param name="Marker">Empty, <c>@revoked</c> or <c>@cert-authority</c>.</param>
/// <param name="Hosts">The host field as it stands: names, wildcards and negations, or one hashed name.</param>
/// <param name="KeyType">Such as <c>ssh-ed25519</c>.</param>
/// <param name="Key">The public key in its wire form.</param>
public sealed record KnownHostLine(string Marker, string Hosts, string KeyType, byte[] Key)
{
    public bool IsRevoked => Marker == "@revoked";

    /// <summary>Reads a line. Null for comments, blank lines and what OpenSSH would not understand either.</summary>
    public static KnownHostLine? Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var fields = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length == 0 || fields[0].StartsWith('#'))
            return null;
        var marker = fields[0].StartsWith('@') ? fields[0] : "";
        var rest = fields.AsSpan(marker.Length > 0 ? 1 : 0);
        if (marker is not ("" or "@revoked" or "@cert-authority") || rest.Length < 3)
            return null;
        var key = new byte[rest[2].Length];
        return Convert.TryFromBase64String(rest[2], key, out var length)
            && SshFingerprint.TypeOf(key.AsSpan(0, length)) == rest[1]
            ? new KnownHostLine(marker, rest[0], rest[1], key[..length])
            : null;
    }

    /// <summary>
    /// Whether the line speaks of this host: <c>name</c>, or <c>[name]:port</c> for other ports than 22.
    /// </summary>
    public bool Matches(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Hosts.StartsWith("|1|", StringComparison.Ordinal))
            return MatchesHashed(name);
        var matches = false;
        foreach (var pattern in Hosts.Split(','))
        {
            if (pattern.StartsWith('!') && MatchesPattern(name, pattern.AsSpan(1)))
                return false;
            matches |= MatchesPattern(name, pattern);
        }

        return matches;
    }

    private bool MatchesHashed(string name)
    {
        var parts = Hosts.Split('|');
        if (parts.Length != 4)
            return false;
        var salt = new byte[parts[2].Length];
        var expected = new byte[parts[3].Length];
        if (!Convert.TryFromBase64String(parts[2], salt, out var saltLength)
            || !Convert.TryFromBase64String(parts[3], expected, out var length))
            return false;
        return HashName(name, salt.AsSpan(0, saltLength)).AsSpan().SequenceEqual(expected.AsSpan(0, length));
    }

    [SuppressMessage("Security", "CA5350", Justification =
        "The file format knows only SHA-1 here; it hides names from casual readers and secures nothing.")]
    private static byte[] HashName(string name, ReadOnlySpan<byte> salt) =>
        HMACSHA1.HashData(salt, Encoding.UTF8.GetBytes(name.ToLowerInvariant()));

    /// <summary>Matches <c>*</c> (any run) and <c>?</c> (any one character), case-insensitively.</summary>
    private static bool MatchesPattern(ReadOnlySpan<char> name, ReadOnlySpan<char> pattern)
    {
        int at = 0, inPattern = 0, star = -1, retry = 0;
        while (at < name.Length)
        {
            if (inPattern < pattern.Length && pattern[inPattern] == '*')
            {
                star = inPattern++;
                retry = at;
            }
            else if (inPattern < pattern.Length
                && (pattern[inPattern] == '?'
                    || char.ToLowerInvariant(pattern[inPattern]) == char.ToLowerInvariant(name[at])))
            {
                inPattern++;
                at++;
            }
            else if (star >= 0)
            {
                inPattern = star + 1;
                at = ++retry;
            }
            else
            {
                return false;
            }
        }

        return pattern[inPattern..].TrimStart('*').IsEmpty;
    }
}
