using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>Failures as text without the numbers of calls, which depend on what of parallel work ended first.</summary>
internal static class Failures
{
    public const string OfTask = "TaskFailed > ";

    public static string Chain(TaskFailureDetails failure) =>
        failure.ErrorType == typeof(TaskFailedException).FullName
            ? OfTask + Chain(failure.InnerFailure!)
            : $"{failure.ErrorType}: {failure.ErrorMessage}";

    public static string Down(string tag) => $"{typeof(IOException).FullName}: {tag} is down";

    public static string Missing(string tag) => $"ActivityTaskNotFound: No activity task named 'No{tag}' was found.";

    public static string Thrown(string tag) => $"{typeof(FormatException).FullName}: {tag} threw";
}
