using System.Globalization;
using System.Text.RegularExpressions;
using Highwater.TestKit.Ssh;

namespace Highwater.EndToEnd.Tests;

/// <summary>Reads what a remote host says it was sent.</summary>
public static partial class TransferLog
{
    /// <summary>Bytes of all files that were written to their end after the log had the length.</summary>
    public static long WrittenSince(SshServer server, long offset)
    {
        using var file = File.OpenRead(server.TransferLog);
        file.Position = offset;
        using var reader = new StreamReader(file);
        return WrittenBytes.Matches(reader.ReadToEnd())
            .Sum(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("^close .* written ([0-9]+)", RegexOptions.Multiline)]
    private static partial Regex WrittenBytes { get; }
}
