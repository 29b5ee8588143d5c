using System.Diagnostics;
using System.Globalization;

namespace Highwater.EmbeddedHost.State;

/// <summary>
/// Kills this process with SIGKILL just before or just after one commit of the state database, and lists the commits:
/// so that tests can prove, in real processes, that a crash at any of them costs nothing. Only the environment of the
/// process turns it on, never a settings file.
/// <list type="bullet">
/// <item><c>HIGHWATER_CRASH_AT</c>: <c>7:before</c> is the moment before the seventh commit of the process,
/// <c>7:after</c> the moment after it. <c>ActivityResult/Pack/2:after</c> counts only the commits of one kind
/// (<see cref="CommitKind"/>) and subject.</item>
/// <item><c>HIGHWATER_CRASH_LOG</c>: a file that gets one line for each commit that was made, such as
/// <c>ActivityResult/Pack</c>.</item>
/// </list>
/// </summary>
internal sealed class CommitFault
{
    public const string AtVariable = "HIGHWATER_CRASH_AT";
    public const string LogVariable = "HIGHWATER_CRASH_LOG";

    private readonly string? _only;
    private readonly int _number;
    private readonly bool _before;
    private readonly string? _log;
    private int _made;

    private CommitFault(string? at, string? log)
    {
        _log = log;
        if (at is null)
        {
            return;
        }

        var colon = at.LastIndexOf(':');
        var slash = at.LastIndexOf('/', Math.Max(colon, 0));
        _only = slash < 0 ? null : at[..slash];
        _before = at.EndsWith(":before", StringComparison.Ordinal);
        var isNumber = int.TryParse(
            at.AsSpan(slash + 1, Math.Max(colon - slash - 1, 0)),
            NumberStyles.None, CultureInfo.InvariantCulture, out _number);
        if (!isNumber || _number < 1 || !(_before || at.EndsWith(":after", StringComparison.Ordinal)))
        {
            throw new ArgumentException(
                $"{AtVariable}='{at}' names no commit to crash at: expected is NUMBER:before or NUMBER:after with a "
                + "number from 1 on, for instance 7:after, or the same for one kind of commit, for instance "
                + "ActivityResult/Pack/2:before. It is for tests only: unset it in production.");
        }
    }

    /// <returns>Null when the environment asks for nothing, which is the rule.</returns>
    /// <exception cref="ArgumentException">The variable is set to something else than a commit.</exception>
    public static CommitFault? FromEnvironment() =>
        Create(Environment.GetEnvironmentVariable(AtVariable), Environment.GetEnvironmentVariable(LogVariable));

    internal static CommitFault? Create(string? at, string? log) =>
        at is null && log is null ? null : new CommitFault(at, log);

    public void BeforeCommit(CommitKind kind, string subject)
    {
        if (_only is null || _only == Label(kind, subject))
        {
            _made++;
            DieIf(_before, kind, subject);
        }
    }

    public void AfterCommit(CommitKind kind, string subject)
    {
        if (_log is not null)
        {
            File.AppendAllText(_log, Label(kind, subject) + "\n");
        }

        DieIf(!_before, kind, subject);
    }

    private void DieIf(bool moment, CommitKind kind, string subject)
    {
        if (moment && _made == _number && (_only is null || _only == Label(kind, subject)))
        {
            // SIGKILL: nothing is flushed, no finally block runs.
            using var self = Process.GetCurrentProcess();
            self.Kill();
        }
    }

    private static string Label(CommitKind kind, string subject) => $"{kind}/{subject}";
}
