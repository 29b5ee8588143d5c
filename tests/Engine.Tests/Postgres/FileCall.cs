using System.Text.RegularExpressions;

namespace Highwater.Engine.Tests.Postgres;

/// <summary>A system call of a traced program that changed a file or made a change durable.</summary>
/// <param name="Name"><c>write</c>, <c>fsync</c>, <c>link</c> or <c>rename</c>, whatever variant was used.</param>
/// <param name="Path">What was written or synced, or the name that was given.</param>
public sealed partial record FileCall(string Name, string Path)
{
    /// <summary>For strace's <c>-e trace=</c>; with <c>-y</c> it prints the path of each descriptor.</summary>
    public const string Traced =
        "write,pwrite64,copy_file_range,sendfile,fsync,fdatasync,link,linkat,rename,renameat,renameat2";

    /// <summary>The calls that succeeded on something below a folder, in order.</summary>
    public static List<FileCall> Parse(IEnumerable<string> trace, string folder) =>
        [.. trace.Select(line => Call().Match(line)).Where(match => match.Success).Select(Of)
            .Where(call => call.Path == folder || call.Path.StartsWith(folder + "/", StringComparison.Ordinal))];

    private static FileCall Of(Match match)
    {
        var arguments = match.Groups["arguments"].Value;
        return match.Groups["name"].Value switch
        {
            "fsync" or "fdatasync" => new FileCall("fsync", Descriptor().Match(arguments).Groups[1].Value),
            "link" or "linkat" => new FileCall("link", Quoted().Matches(arguments)[^1].Groups[1].Value),
            "rename" or "renameat" or "renameat2" =>
                new FileCall("rename", Quoted().Matches(arguments)[^1].Groups[1].Value),
            "copy_file_range" => new FileCall("write", Descriptor().Matches(arguments)[^1].Groups[1].Value),
            _ => new FileCall("write", Descriptor().Match(arguments).Groups[1].Value),
        };
    }

    [GeneratedRegex(@"^\d+ +(?<name>\w+)\((?<arguments>.*)\) += \d+$")]
    private static partial Regex Call();

    [GeneratedRegex("\\d<([^>]*)>")]
    private static partial Regex Descriptor();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();
}
