namespace Highwater.EmbeddedHost.Tests.Sample;

/// <summary>What activities did to the world outside, one line each; it outlives the process.</summary>
internal sealed class EffectFile(string directory)
{
    private readonly string _path = Path.Combine(directory, "effects");

    public void Add(string line) => File.AppendAllText(_path, line + "\n");

    public string[] Lines() => File.Exists(_path) ? File.ReadAllLines(_path) : [];

    /// <summary>Whether activities that wait to be let through may go on.</summary>
    public bool IsOpen => File.Exists(Path.Combine(directory, "open"));

    public void Open() => File.WriteAllText(Path.Combine(directory, "open"), "");
}
