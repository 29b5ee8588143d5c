namespace Highwater.CrashTarget;

/// <summary>
/// The world outside, as files that outlive the process: each execution of an activity is noted, and its effect is put
/// as the Engine puts objects, under a key and only if it is not there yet.
/// </summary>
public sealed class EffectStore(string directory)
{
    private readonly Lock _gate = new();

    private string Executions => Path.Combine(directory, "executions");

    /// <summary>Calls in the order they began, repeats included.</summary>
    public string[] ReadExecutions() => File.Exists(Executions) ? File.ReadAllLines(Executions) : [];

    public IEnumerable<string> Keys() => new DirectoryInfo(Objects()).EnumerateFiles()
        .Select(file => file.Name).Order(StringComparer.Ordinal);

    public void NoteExecution(string call)
    {
        lock (_gate)
            File.AppendAllText(Executions, call + "\n");
    }

    /// <returns>Whether it was not there.</returns>
    public bool TryPut(string key)
    {
        // An empty file: it is there or it is not, there is no half of it.
        var path = Path.Combine(Objects(), key);
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    private string Objects() => Directory.CreateDirectory(Path.Combine(directory, "effects")).FullName;
}
