using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Highwater.Tidy.Tests.Rules;

/// <summary>Who may know whom. The drawing is in functions/README.md.</summary>
internal static class WallRules
{
    private static readonly string[] UnknownToEngine =
    [
        "Highwater.FunctionApp", "Highwater.EmbeddedHost", "Highwater.Cli", "Microsoft.Azure.Functions",
        "Microsoft.DurableTask", "Microsoft.AspNetCore", "System.Net.Http",
    ];

    private static readonly string[] KnownToStorage =
    [
        "Highwater.Engine.Storage", "Highwater.Engine.Errors", "Highwater.Engine.Diagnostics",
        "Highwater.Engine.Formats",
    ];

    private static readonly string[] UnknownToEmbeddedHost =
        ["Highwater.Engine", "Highwater.FunctionApp", "Highwater.Cli", "Npgsql", "Renci"];

    private static readonly string[] BackupWords = ["Backup", "Postgres", "Lsn", "WalSync", "WalSegment", "Sftp"];

    // Orchestrations are replayed: whatever differs from one replay to the next must come through the context.
    private static readonly string[] UnknownToOrchestrations =
    [
        "Guid.NewGuid", "Task.Run", "Task.Delay", "Environment", "File", "Directory", "TimeProvider", "Random",
        "Stopwatch", "Npgsql", "Renci", "Highwater.Engine.Storage", "Highwater.Engine.Repository",
    ];

    public static CodeRule[] All { get; } =
    [
        new("engine-knows-no-host", EngineKnowsNoHost,
            "functions/Engine/A.cs", "using Microsoft.DurableTask;"),
        new("storage-knows-no-backups", StorageKnowsNoBackups,
            "functions/Engine/Storage/A.cs", "using Highwater.Engine.Repository;"),
        new("storage-names-no-repository-type", StorageNamesNoRepositoryType,
            "functions/Engine/Storage/A.cs", "class A { Repository.Catalog c; }"),
        new("embedded-host-knows-no-backups", EmbeddedHostKnowsNoBackups,
            "functions/EmbeddedHost/A.cs", "class A { int backupCount; }"),
        new("activities-call-the-engine", ActivitiesCallTheEngine,
            "functions/FunctionApp/A.cs", "class A { void M([ActivityTrigger] string input) { } }"),
        new("orchestrations-only-decide", OrchestrationsOnlyDecide,
            "functions/FunctionApp/A.cs", "class A { void M([OrchestrationTrigger] C c) { File.Delete(\"x\"); } }"),
        new("console-only-in-cli", ConsoleOnlyInCli,
            "functions/Engine/A.cs", "class A { void M() => Console.WriteLine(); }"),
    ];

    private static bool Names(string written, string banned) =>
        written == banned || written.StartsWith(banned + ".", StringComparison.Ordinal);

    private static IEnumerable<string> NamesAnyOf(SourceFile file, string[] banned) =>
        from written in file.WrittenNames
        where banned.Any(name => Names(written, name))
        select $"names {written}";

    private static IEnumerable<string> EngineKnowsNoHost(SourceFile file) =>
        file.IsUnder("functions/Engine") ? NamesAnyOf(file, UnknownToEngine) : [];

    private static IEnumerable<string> StorageKnowsNoBackups(SourceFile file) =>
        from written in file.WrittenNames
        where file.IsUnder("functions/Engine/Storage") && Names(written, "Highwater")
        where !KnownToStorage.Any(known => Names(written, known))
        select $"names {written}";

    private static IEnumerable<string> StorageNamesNoRepositoryType(SourceFile file)
    {
        if (!file.IsUnder("functions/Engine/Storage"))
            return [];
        var own = TypesUnder("functions/Engine/Storage");
        var repository = TypesUnder("functions/Engine/Repository");
        repository.ExceptWith(own);
        repository.Add("Repository");
        return file.Identifiers.Where(repository.Contains).Select(name => $"names the repository's {name}");
    }

    private static HashSet<string> TypesUnder(string folder) =>
        [.. Checkout.CSharp.Where(file => file.IsUnder(folder))
            .SelectMany(file => file.TopLevelTypes).Select(SourceFile.TypeName)];

    private static IEnumerable<string> EmbeddedHostKnowsNoBackups(SourceFile file)
    {
        if (!file.IsUnder("functions/EmbeddedHost"))
            return [];
        var words = from name in file.Identifiers
                    from word in BackupWords
                    where name.Contains(word, StringComparison.OrdinalIgnoreCase)
                    select $"names {name}: the host runs any function app";
        return NamesAnyOf(file, UnknownToEmbeddedHost).Concat(words);
    }

    private static IEnumerable<string> ActivitiesCallTheEngine(SourceFile file)
    {
        if (file.IsUnder("functions/FunctionApp") && HasParameterWith(file, "ActivityTrigger")
            && !file.Syntax.Usings.Any(u => Names(u.Name?.ToString() ?? "", "Highwater.Engine")))
            yield return "has an activity that uses nothing of Highwater.Engine";
    }

    private static IEnumerable<string> OrchestrationsOnlyDecide(SourceFile file) =>
        file.IsUnder("functions/FunctionApp") && HasParameterWith(file, "OrchestrationTrigger")
            ? NamesAnyOf(file, UnknownToOrchestrations)
            : [];

    private static bool HasParameterWith(SourceFile file, string attribute) =>
        file.Syntax.DescendantNodes().OfType<ParameterSyntax>()
            .SelectMany(parameter => parameter.AttributeLists).SelectMany(list => list.Attributes)
            .Select(used => used.Name.ToString().Split('.')[^1])
            .Any(name => name == attribute || name == attribute + "Attribute");

    private static IEnumerable<string> ConsoleOnlyInCli(SourceFile file) =>
        file.IsUnder("functions/Cli")
            ? []
            : NamesAnyOf(file, ["Console", "System.Console", "AnsiConsole", "Spectre.Console"]);
}
