using System.Diagnostics;
using System.Globalization;

namespace Highwater.Engine.Repository;

/// <summary>
/// A process, named so that another one can tell whether it is dead. Process numbers are reused, start again after a
/// boot and mean something else in each container, so a number alone proves nothing.
/// </summary>
/// <param name="Host">The host's name, for people.</param>
/// <param name="Id">The process number.</param>
/// <param name="Scope">The boot and the process number space the number belongs to.</param>
/// <param name="StartTicks">When the process started, in clock ticks since boot (field 22 of /proc/PID/stat,
/// proc(5)).</param>
public sealed record LeaseProcess(string Host, int Id, string Scope, long StartTicks)
{
    private const int StartTimeField = 22;

    private static readonly string ThisScope = ReadScope();

    /// <summary>The process this code runs in.</summary>
    public static LeaseProcess Current { get; } = new(
        Environment.MachineName, Environment.ProcessId, ThisScope, ReadStartTicks(Environment.ProcessId) ?? 0);

    /// <summary>A process of this process number space; null if there is none with this number.</summary>
    public static LeaseProcess? Of(int id) =>
        ReadStartTicks(id) is { } ticks ? new LeaseProcess(Environment.MachineName, id, ThisScope, ticks) : null;

    /// <summary>True only if the process was in this very boot and process number space and is there no more.</summary>
    public bool IsKnownDead() => Scope == ThisScope
        && (ReadStartTicks(Id) is { } ticks ? ticks != StartTicks : !IsRunning());

    // /proc may be mounted so that it hides the processes of other users (hidepid); a signal finds them all the same.
    private bool IsRunning()
    {
        try
        {
            using var process = Process.GetProcessById(Id);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string ReadScope()
    {
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        var numbers = new FileInfo("/proc/self/ns/pid").LinkTarget;
        return $"{boot} {numbers}";
    }

    private static long? ReadStartTicks(int process)
    {
        try
        {
            // The second field is the command in parentheses and may hold anything, spaces too.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return long.Parse(fields[StartTimeField - 3], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException)
        {
            // The process ended between open and read (ESRCH).
            return null;
        }
    }
}
