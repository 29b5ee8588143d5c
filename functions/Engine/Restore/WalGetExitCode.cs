namespace Highwater.Engine.Restore;

/// <summary>
/// What <c>wal-get</c> says to PostgreSQL. An exit status of 1 to 125 means "there is no more WAL": recovery ends and,
/// without a target, the server promotes. Above 125 recovery stops with an error and goes on at the next start
/// (documentation,
/// <c>restore_command</c>; wait_result_is_any_signal in src/common/wait_error.c).
/// </summary>
public static class WalGetExitCode
{
    public const int Found = 0;

    /// <summary>Only when every repository has answered.</summary>
    public const int Absent = 1;

    /// <summary>Anything else at all. Not 126 to 165, which shells use for commands that cannot be run and for
    /// signals.</summary>
    public const int Trouble = 200;

    /// <summary>The exit code of an outcome.</summary>
    public static int Of(WalGetOutcome outcome) => outcome == WalGetOutcome.Found ? Found : Absent;
}
