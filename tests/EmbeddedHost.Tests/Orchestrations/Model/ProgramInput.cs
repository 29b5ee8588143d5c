namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

internal sealed record ProgramInput(Round[] Rounds, int Number, string[] Log)
{
    public static ProgramInput Of(params Round[] rounds) => new(rounds, 0, []);
}
