using System.Globalization;

namespace Highwater.Engine.Diagnostics;

/// <summary>Says to which moments a repository can be restored. Pure.</summary>
internal static class WindowJudge
{
    public static IEnumerable<StatusLine> OfWindow(RepositoryStatus status)
    {
        if (status.WindowFault is { } fault)
            yield return new StatusLine(
                StatusLevel.Fail, status.Name, $"{fault.Code}: {fault.WhatHappened}", fault.Remedy);
        else if (status.Window is { To: { } end } window)
            yield return new StatusLine(
                StatusLevel.Ok,
                status.Name,
                $"It can be restored to any moment from {Moment(window.From)} to {Moment(end)}.");
        else if (status.Window is { } empty)
            yield return new StatusLine(
                StatusLevel.Ok,
                status.Name,
                $"It can be restored to {Moment(empty.From)}; no transaction ended since then.");
    }

    /// <summary>A moment as a recovery target is written.</summary>
    public static string Moment(DateTimeOffset moment) =>
        moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss+00", CultureInfo.InvariantCulture);
}
