using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>
/// One life of the process. At the point where it is killed, its state directory is copied as it lies there: what the
/// dead process does afterwards reaches neither the copy nor the world.
/// </summary>
internal sealed class Incarnation(World world, int? killAt, string graveDirectory)
{
    private int _points;

    /// <summary>The database of the host that runs now.</summary>
    public StateDatabase? Database { get; set; }

    public string StateDirectory { get; set; } = "";

    /// <summary>Where the next life begins; null while this one lasts.</summary>
    public string? Grave { get; private set; }

    /// <summary>A point in the code of a function: here the process may die.</summary>
    public void Reach()
    {
        lock (world)
        {
            if (Grave is null && ++_points == killAt)
            {
                Directory.CreateDirectory(graveDirectory);
                Database!.Read(_ =>
                {
                    foreach (var file in Directory.EnumerateFiles(StateDirectory, "state.db*"))
                    {
                        File.Copy(file, Path.Combine(graveDirectory, Path.GetFileName(file)));
                    }

                    return 0;
                });
                Grave = graveDirectory;
            }
        }
    }

    /// <summary>An activity takes effect.</summary>
    /// <returns>The second it does so.</returns>
    public int Record(string tag)
    {
        lock (world)
        {
            if (Grave is null)
            {
                world.Effects.Add(new Effect(tag, world.Second));
            }

            return world.Second;
        }
    }
}
