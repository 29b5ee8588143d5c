using System.Globalization;

namespace Highwater.TestKit.Postgres;

/// <summary>Where PostgreSQL's programs are. Debian keeps those of the server off the PATH.</summary>
public static class PostgresBinaries
{
    private static readonly string Folder = Find();

    public static string PathOf(string program) => Path.Combine(Folder, program);

    private static string Find()
    {
        var debian = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        var newestFirst = debian.OrderByDescending(d => double.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture))
            .Select(d => Path.Combine(d, "bin"));
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return newestFirst.Concat(path).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
            ?? throw new InvalidOperationException(
                "No PostgreSQL server programs in /usr/lib/postgresql/*/bin or on the PATH: "
                + "apt-get install postgresql-15");
    }
}
