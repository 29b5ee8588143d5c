using System.Text.RegularExpressions;

namespace Highwater.Tidy.Tests.Infra;

/// <summary>What .dockerignore lets through (Docker documentation, "Build context"): the last line that matches the
/// path or a folder above it decides.</summary>
internal static class DockerContext
{
    public static bool Includes(string path)
    {
        var included = true;
        var lines = Checkout.Read(".dockerignore").Split('\n');
        foreach (var line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (Matches(path, line.TrimStart('!')))
                included = line[0] == '!';
        }

        return included;
    }

    private static bool Matches(string path, string pattern)
    {
        var glob = Regex.Escape(pattern).Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal)
            .Replace(@"\*", "[^/]*", StringComparison.Ordinal);
        return Regex.IsMatch(path, $"^{glob}(/.*)?$");
    }
}
