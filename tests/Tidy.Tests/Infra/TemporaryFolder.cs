namespace Highwater.Tidy.Tests.Infra;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("highwater-tidy-").FullName;

    public string Of(string relative) => System.IO.Path.Combine(Path, relative);

    /// <summary>Copies a file or folder of the checkout, without what git ignores.</summary>
    public void CopyFromCheckout(string source, string target)
    {
        foreach (var file in Checkout.Files.Where(path => path == source || IsUnder(path, source)))
        {
            var copy = System.IO.Path.GetFullPath(Of(target + file[source.Length..]));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(Checkout.FullPath(file), copy, overwrite: true);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static bool IsUnder(string path, string folder) =>
        path.StartsWith(folder + "/", StringComparison.Ordinal);
}
