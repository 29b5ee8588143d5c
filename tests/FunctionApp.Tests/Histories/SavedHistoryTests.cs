using Highwater.EmbeddedHost.Functions;
using Highwater.FunctionApp.Tests.Scripted;
using Highwater.TestKit.Postgres;

namespace Highwater.FunctionApp.Tests.Histories;

/// <summary>
/// Orchestrations run for hours and outlive an upgrade: the new code replays what the old code did. Histories of each
/// path are kept beside this file, and the present code has to be able to go on from every point of them.
/// </summary>
public sealed class SavedHistoryTests
{
    private const string Folder = "tests/FunctionApp.Tests/Histories";
    private const string RecordVariable = "HIGHWATER_RECORD_HISTORIES";

    /// <summary>A file may outlive its scenario, and a new scenario has no file yet.</summary>
    public static TheoryData<string> Names =>
        [.. Saved().Union(HistoryScenarios.All.Keys).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_instance_in_the_middle_of_a_saved_history_goes_on_as_before(string name)
    {
        if (Environment.GetEnvironmentVariable(RecordVariable) == "1")
        {
            await RecordAsync(name);
        }

        Assert.True(
            Saved().Contains(name), $"There is no saved history '{name}'. Record it: {Recording()}");
        var saved = SavedHistory.Read(PathOf(name));

        var faults = new HistoryReplay(saved).FindFaults();

        Assert.True(faults.Count == 0, Explain(name, saved, faults));
    }

    [Fact]
    public void Every_orchestration_of_the_app_has_saved_histories()
    {
        var orchestrations = HistoryReplay.App.Of(FunctionKind.Orchestration).Select(function => function.Name);

        Assert.Equal(
            orchestrations.Order(), Saved().Select(name => name.Split('.')[0]).Distinct().Order());
    }

    [Theory]
    [InlineData("VerifyBackup", "CheckBackup", "there is no activity 'CheckBackup' any more")]
    [InlineData("AwaitWal", "VerifyBackup", "ActivityScheduled AwaitWal")]
    [InlineData("\"BackupId\"", "\"Id\"", "activity 'AwaitWal' reads its input")]
    [InlineData("\"LocalRepository\"", "\"Local\"", "{\"Repository\":null,")]
    [InlineData("TimerCreated", "EventSent", "EventSent (#")]
    public void A_change_that_instances_in_the_middle_would_not_survive_is_found(
        string now, string then, string fault)
    {
        // Seen from the code it is the same whether the code was changed or the history.
        var path = PathOf("BaseBackup.all-well");
        var changed = Path.Combine(Directory.CreateTempSubdirectory("highwater-history-").FullName, "changed.json");
        File.WriteAllText(changed, File.ReadAllText(path).Replace(now, then, StringComparison.Ordinal));

        var faults = new HistoryReplay(SavedHistory.Read(changed)).FindFaults();

        Directory.Delete(Path.GetDirectoryName(changed)!, recursive: true);
        Assert.Contains(faults, found => found.Contains(fault, StringComparison.Ordinal));
    }

    private static async Task RecordAsync(string name)
    {
        if (HistoryScenarios.All.TryGetValue(name, out var run))
        {
            await using var host = await ScriptedHost.StartNewAsync();
            await run(host);
            host.HistoryOf(name.Split('.')[0]).Write(PathOf(name));
        }
    }

    private static IEnumerable<string> Saved() =>
        Directory.EnumerateFiles(SourceTree.PathOf(Folder), "*.json")
            .Select(path => Path.GetFileNameWithoutExtension(path));

    private static string PathOf(string name) => SourceTree.PathOf(Path.Combine(Folder, $"{name}.json"));

    private static string Recording() =>
        $"{RecordVariable}=1 dotnet test tests/FunctionApp.Tests --filter FullyQualifiedName~SavedHistoryTests";

    private static string Explain(string name, SavedHistory saved, List<string> faults) =>
        $"""
        An instance of '{saved.Orchestration}' that is in the middle of the saved history '{name}' would not go on as
        before: after an upgrade it fails as not deterministic, or goes on with other data.
          {string.Join("\n  ", faults)}
        Change the code so that it still takes this path (add properties, do not rename them; put new calls after the
        old ones), or give what is new another orchestration name and keep the old one until its instances have ended.
        If no instance can be on this path when the new version starts, say so in CHANGELOG.md and record anew:
          {Recording()}
        """;
}
