using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>The orchestration that interprets random programs, and the one activity they have.</summary>
internal sealed class ProgramFunctions(Incarnation incarnation)
{
    public const string Orchestration = "RandomProgram";
    public const string Activity = "RandomProgramStep";

    [Function(Orchestration)]
    public async Task<string[]> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, ProgramInput input)
    {
        incarnation.Reach();
        var round = input.Rounds[input.Number];
        string[] log = [.. input.Log, .. await new ProgramInterpreter(context).RunAsync(round.Body)];
        if (input.Number + 1 < input.Rounds.Length)
        {
            context.ContinueAsNew(input with { Number = input.Number + 1, Log = log }, round.KeepEvents);
        }

        return log;
    }

    [Function(Activity)]
    public string Run([ActivityTrigger] Step step)
    {
        incarnation.Reach();
        var second = incarnation.Record(step.Tag);
        incarnation.Reach();
        return second < step.DownUntil
            ? throw new IOException($"{step.Tag} is down")
            : $"{step.Tag}@{second}";
    }
}
