using System.Diagnostics;

namespace Highwater.Engine.Postgres;

/// <summary>
/// A child process that does not outlive this one, however this one ends: killed when disposed, and by the kernel
/// when this process is killed (PR_SET_PDEATHSIG, prctl(2), through <c>setpriv</c> of util-linux where there is one).
/// <para>The kernel sends that signal when the <i>thread</i> that started the child ends, and threads of the pool
/// come and go; so each child is started by a thread of its own that lives until the child has ended.</para>
/// </summary>
public sealed class BoundProcess : IAsyncDisposable
{
    private static readonly Lazy<bool> SetprivIsThere = new(ProbeSetpriv);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BoundProcess(Process process) => Process = process;

    /// <summary>The running child, with its redirected streams. Its id is the id of the tool itself.</summary>
    public Process Process { get; }

    /// <summary>Completes when the child has ended; never fails.</summary>
    public Task Ended => _ended.Task;

    /// <summary>
    /// Starts a tool. <paramref name="setprivArguments"/> are handed to <c>setpriv</c> as well, for instance
    /// <c>--reuid=postgres</c>; with any given, <c>setpriv</c> must be there.
    /// </summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The tool cannot be started.</exception>
    public static async Task<BoundProcess> StartAsync(ProcessStartInfo tool, params string[] setprivArguments)
    {
        if (SetprivIsThere.Value || setprivArguments.Length > 0)
            PutSetprivInFront(tool, setprivArguments);
        var started = new TaskCompletionSource<BoundProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => StartAndWait(tool, started)) { IsBackground = true, Name = tool.FileName };
        thread.Start();
        return await started.Task;
    }

    /// <summary>Kills the child and all it started (SIGKILL), and waits until the child is gone. Repeatable.</summary>
    public async Task KillAsync()
    {
        if (!Ended.IsCompleted)
            Process.Kill(entireProcessTree: true);
        await Ended;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Process.Dispose();
    }

    private static void StartAndWait(ProcessStartInfo tool, TaskCompletionSource<BoundProcess> started)
    {
        BoundProcess child;
        try
        {
            child = new BoundProcess(Process.Start(tool)!);
        }
        catch (Exception e)
        {
            started.SetException(e);
            return;
        }

        started.SetResult(child);
        child.Process.WaitForExit(Timeout.InfiniteTimeSpan);
        child._ended.SetResult();
    }

    private static void PutSetprivInFront(ProcessStartInfo tool, string[] setprivArguments)
    {
        string[] front = ["--pdeathsig", "KILL", .. setprivArguments, "--", tool.FileName];
        for (var i = 0; i < front.Length; i++)
            tool.ArgumentList.Insert(i, front[i]);
        tool.FileName = "setpriv";
    }

    /// <summary>busybox has a setpriv without --pdeathsig; there only the closed pipe ends the child.</summary>
    private static bool ProbeSetpriv()
    {
        try
        {
            var probe = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "true"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(probe)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
