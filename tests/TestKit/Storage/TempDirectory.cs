namespace Highwater.TestKit.Storage;

/// <summary>A folder of one's own, removed with everything in it at the end.</summary>
public sealed class TempDirectory : IDisposable
{
    public TempDirectory(string purpose = "test") =>
        Path = Directory.CreateTempSubdirectory($"highwater-{purpose}-").FullName;

    public string Path { get; }

    /// <summary>A path below the folder; nothing is created.</summary>
    public string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
