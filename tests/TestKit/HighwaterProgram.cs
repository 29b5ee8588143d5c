using System.Diagnostics;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;

namespace Highwater.TestKit;

/// <summary>
/// The built program where the server's account can reach it: a checkout may lie in a folder that only its owner may
/// enter,
/// and a restored server runs <c>highwater wal-get</c> itself.
/// </summary>
public static class HighwaterProgram
{
    private static readonly Lazy<string> Folder = new(Copy);

    /// <summary>The program with arguments, run by the server's account in an environment of only the given
    /// settings.</summary>
    public static ProcessStartInfo Command(
        string workingDirectory, IReadOnlyDictionary<string, string> settings, IEnumerable<string> arguments)
    {
        var command = PostgresAccount.Command("dotnet", [Path.Combine(Folder.Value, "highwater.dll"), .. arguments]);
        command.WorkingDirectory = workingDirectory;
        foreach (var (name, value) in settings)
            command.Environment[name] = value;
        return command;
    }

    private static string Copy()
    {
        var folder = new TempDirectory("highwater");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        Shell.Run("cp", "-r", AppContext.BaseDirectory + ".", folder.Path);
        Shell.Run("chmod", "-R", "a+rX", folder.Path);
        return folder.Path;
    }
}
