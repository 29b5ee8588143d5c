using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage.Sftp;

namespace Highwater.Engine.Tests.Storage.Sftp;

public sealed class KnownHostsTests
{
    private static readonly Gen<string> Name =
        Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789.-"].Array[1, 20].Select(letters => new string(letters));

    private static readonly Gen<int> Port = Gen.OneOf(Gen.Const(22), Gen.Int[1, 65535]);

    private static readonly Gen<byte[]> Key = Gen.Byte.Array[32].Select(bytes => WireKey("ssh-ed25519", bytes));

    [Fact]
    public void A_host_is_known_by_the_line_written_for_it_whatever_its_form() =>
        Gen.Select(Name, Port, Key, Gen.Int[0, 4]).Sample((name, port, key, form) =>
        {
            var written = KnownHosts.NameOf(name, port);
            var hosts = form switch
            {
                0 => written,
                1 => "other.example," + written.ToUpperInvariant(),
                2 => Hashed(written),
                3 => "*",
                _ => new string('?', written.Length),
            };
            Assert.Null(Known($"{hosts} {SshFingerprint.LineOf(key)} comment").Judge(name, port, key));
        });

    [Fact]
    public void Another_key_than_the_known_one_is_always_refused() =>
        Gen.Select(Name, Port, Key, Key).Where((_, _, known, shown) => !known.SequenceEqual(shown))
            .Sample((name, port, known, shown) =>
            {
                var error = Known($"{KnownHosts.NameOf(name, port)} {SshFingerprint.LineOf(known)}").Judge(name, port,
                    shown);
                Assert.Equal(ErrorCodes.HostKeyChanged, error!.Code);
                Assert.Contains(SshFingerprint.Of(known), error.Message, StringComparison.Ordinal);
                Assert.Contains(SshFingerprint.Of(shown), error.Message, StringComparison.Ordinal);
            });

    [Fact]
    public void Another_host_or_port_is_unknown_and_the_line_offered_makes_it_known() =>
        Gen.Select(Name, Port, Name, Port, Key).Where((a, p, b, q, _) => (a, p) != (b, q)).Sample((a, p, b, q, key) =>
        {
            var line = $"{KnownHosts.NameOf(a, p)} {SshFingerprint.LineOf(key)}";
            var error = Known(line).Judge(b, q, key);
            Assert.Equal(ErrorCodes.HostKeyUnknown, error!.Code);
            Assert.Null(Known(line, error.Remedy.Split('\n').Last()).Judge(b, q, key));
        });

    [Fact]
    public void A_negated_name_never_matches_whatever_else_does() =>
        Gen.Select(Name, Key).Sample((name, key) => Assert.Equal(
            ErrorCodes.HostKeyUnknown, Known($"*,{name},!{name} {SshFingerprint.LineOf(key)}").Judge(name, 22,
                key)!.Code));

    [Fact]
    public void A_revoked_key_is_refused_even_if_it_is_also_known() =>
        Gen.Select(Name, Key).Sample((name, key) => Assert.Contains(
            "@revoked",
            Known($"{name} {SshFingerprint.LineOf(key)}", $"@revoked * {SshFingerprint.LineOf(key)}")
                .Judge(name, 22, key)!.Message,
            StringComparison.Ordinal));

    [Fact]
    public void No_text_breaks_the_parser_or_makes_a_host_known() =>
        Gen.Select(Gen.String, Gen.String, Key).Sample((first, second, key) => Assert.NotNull(
            Known(first, second, "|1|x|y ssh-ed25519 AAAA", "@cert-authority * " + SshFingerprint.LineOf(key))
                .Judge("host", 22, key)));

    [Fact]
    public void Only_the_types_known_for_the_host_are_preferred()
    {
        var hosts = Known(
            $"a {SshFingerprint.LineOf(WireKey("ssh-rsa", new byte[9]))}",
            $"b {SshFingerprint.LineOf(WireKey("ssh-ed25519", new byte[32]))}");
        Assert.Equal(["ssh-rsa"], hosts.KeyTypesOf("a", 22));
        Assert.Empty(hosts.KeyTypesOf("a", 2222));
    }

    private static KnownHosts Known(params string[] lines) => KnownHosts.Parse("/nowhere/known_hosts", lines);

    [SuppressMessage("Security", "CA5350", Justification = "The file format prescribes it.")]
    private static string Hashed(string name)
    {
        var salt = Encoding.ASCII.GetBytes("twenty bytes of salt");
        var hash = HMACSHA1.HashData(salt, Encoding.ASCII.GetBytes(name));
        return $"|1|{Convert.ToBase64String(salt)}|{Convert.ToBase64String(hash)}";
    }

    private static byte[] WireKey(string type, byte[] content)
    {
        var key = new byte[4 + type.Length + 4 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(key, type.Length);
        Encoding.ASCII.GetBytes(type, key.AsSpan(4));
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(4 + type.Length), content.Length);
        content.CopyTo(key, 8 + type.Length);
        return key;
    }
}
