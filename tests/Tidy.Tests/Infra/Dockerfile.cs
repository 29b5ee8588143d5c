namespace Highwater.Tidy.Tests.Infra;

/// <summary>A Dockerfile, taken apart into stages and instructions.</summary>
/// <param name="Context">The folder its COPY lines are relative to, as a path in the checkout; empty for the
/// root.</param>
/// <param name="Instructions">In order, FROM included.</param>
internal sealed record Dockerfile(string Context, IReadOnlyList<DockerInstruction> Instructions)
{
    public static Dockerfile Images { get; } = Load("infra/Dockerfile", "");

    public static Dockerfile Sshd { get; } = Load("infra/sshd/Dockerfile", "infra/sshd/");

    public IReadOnlyList<string> Stages => [.. Instructions.Select(instruction => instruction.Stage).Distinct()];

    /// <summary>The stages that become images: no other one is made from them.</summary>
    public IEnumerable<string> FinalStages => Stages.Where(stage => !Instructions.Any(instruction =>
        (instruction.Keyword == "FROM" && instruction.Words[0] == stage) || instruction.Option("from") == stage));

    public static Dockerfile Load(string path, string context) => Parse(Checkout.Read(path), context);

    public static Dockerfile Parse(string text, string context)
    {
        var instructions = new List<DockerInstruction>();
        var stage = "";
        var joined = "";
        foreach (var line in text.Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            joined += line.TrimEnd('\\');
            if (line[^1] == '\\')
                continue;
            var parts = joined.Split(' ', 2);
            if (parts[0] == "FROM")
                stage = parts[1].Split(' ')[^1];
            instructions.Add(new DockerInstruction(stage, parts[0], parts.Length > 1 ? parts[1].Trim() : ""));
            joined = "";
        }

        return new Dockerfile(context, instructions);
    }

    public IEnumerable<DockerInstruction> Of(string stage, string keyword) =>
        Instructions.Where(instruction => instruction.Stage == stage && instruction.Keyword == keyword);

    public IEnumerable<DockerInstruction> All(string keyword) =>
        Instructions.Where(instruction => instruction.Keyword == keyword);

    /// <summary>The instructions of a stage, after those of the stages it is made from.</summary>
    public IEnumerable<DockerInstruction> Lineage(string stage)
    {
        var origin = Of(stage, "FROM").Single().Words[0];
        return (Stages.Contains(origin) ? Lineage(origin) : [])
            .Concat(Instructions.Where(instruction => instruction.Stage == stage));
    }
}
