namespace Highwater.TestKit.Postgres;

/// <summary>The checked-out project that the running tests were built from.</summary>
public static class SourceTree
{
    public static string Root { get; } = Find();

    public static string PathOf(string relativePath) => Path.Combine(Root, relativePath);

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Functions.sln")))
            directory = directory.Parent;
        return directory?.FullName
            ?? throw new InvalidOperationException($"There is no Functions.sln above {AppContext.BaseDirectory}.");
    }
}
