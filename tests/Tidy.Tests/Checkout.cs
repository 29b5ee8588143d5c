namespace Highwater.Tidy.Tests;

/// <summary>The checkout these tests were built from: its files, without what .gitignore keeps out of the
/// repository.</summary>
internal static class Checkout
{
    private static readonly string[] TextEndings =
        [".cs", ".csproj", ".props", ".targets", ".json", ".md", ".sh", ".txt", ".yml", ".bicep", ".editorconfig", ""];

    public static string Root { get; } = FindRoot();

    /// <summary>Every file, as a path relative to <see cref="Root"/> with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Walk(Root).Select(Relative).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<SourceFile> CSharp { get; } =
        [.. Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).Select(SourceFile.Load)];

    public static IEnumerable<string> TextFiles =>
        Files.Where(path => TextEndings.Contains(Path.GetExtension(path), StringComparer.Ordinal));

    public static IEnumerable<string> RootEntries =>
        Directory.EnumerateFileSystemEntries(Root).Select(Path.GetFileName).OfType<string>().Where(IsOurs);

    public static string FullPath(string relative) => Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(FullPath(relative));

    public static bool Exists(string relative) => Path.Exists(FullPath(relative));

    private static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFiles(folder).Where(file => IsOurs(Path.GetFileName(file)))
            .Concat(Directory.EnumerateDirectories(folder).Where(sub => IsOurs(Path.GetFileName(sub)))
                .SelectMany(Walk));

    /// <summary>.gitignore holds plain names and <c>*.ending</c> patterns only, so that this stays simple.</summary>
    private static bool IsOurs(string name) =>
        name != ".git" && !Ignored.Any(pattern => pattern.StartsWith('*')
            ? name.EndsWith(pattern[1..], StringComparison.Ordinal)
            : name == pattern);

    private static string[] Ignored => field ??=
        [.. File.ReadLines(Path.Combine(Root, ".gitignore"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.TrimEnd('/'))];

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Functions.sln")))
            folder = folder.Parent;
        return folder?.FullName
            ?? throw new InvalidOperationException($"No Functions.sln above {AppContext.BaseDirectory}.");
    }
}
