using System.Text.RegularExpressions;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.EmbeddedHost.Tests.State;

/// <summary>
/// However many instances have finished, no statement of the host reads them all. The plans are those of SQLite.
/// </summary>
public sealed partial class QueryPlanTests
{
    [Fact]
    public async Task No_statement_that_runs_again_and_again_reads_a_whole_table()
    {
        await using var host = await TestHost.StartNewAsync();
        await UseEverythingAsync(host);
        var database = host.Host.Services.GetRequiredService<StateDatabase>();
        var statements = database.Read(session => session.Statements.ToList()).Where(IsHot).ToList();

        var scans =
            from statement in statements
            from step in Plan(database, statement)
            where step.StartsWith("SCAN", StringComparison.Ordinal) && step != "SCAN CONSTANT ROW"
            select $"{step}: {statement}";

        Assert.InRange(statements.Count, 20, 100);
        Assert.Empty(scans);
    }

    [Theory]
    [InlineData("FROM inbox AS message", "inbox_instance")]
    [InlineData("SELECT instance_id FROM inbox WHERE visible_at <= $now", "inbox_visible")]
    [InlineData("SELECT min(visible_at)", "inbox_visible")]
    [InlineData("updated_at < $before", "instances_finished")]
    [InlineData("WHERE parent_instance_id = $id", "instances_parent")]
    public async Task Each_question_has_its_index(string statement, string index)
    {
        await using var host = await TestHost.StartNewAsync();
        await UseEverythingAsync(host);
        var database = host.Host.Services.GetRequiredService<StateDatabase>();
        var sql = database.Read(session => session.Statements.Single(
            sql => sql.Contains(statement, StringComparison.Ordinal)));

        var steps = Plan(database, sql).Where(step => step.StartsWith("SEARCH", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(steps);
        Assert.All(steps, step => Assert.Contains(index + " ", step, StringComparison.Ordinal));
    }

    private static async Task UseEverythingAsync(TestHost host)
    {
        var cancellation = TestContext.Current.CancellationToken;
        host.Script.Sub = async context => await context.WaitForExternalEvent<string>("go");
        host.Script.Main = async context =>
        {
            await context.CallActivityAsync<string>("Work");
            await context.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            var sub = context.CallSubOrchestratorAsync<string>("Sub", options: new SubOrchestrationOptions(
                instanceId: context.InstanceId + "-sub"));
            context.SendEvent(context.InstanceId + "-sub", "go", "on");
            await sub;
            if (context.GetInput<int>() == 0)
            {
                context.ContinueAsNew(1);
            }

            return null;
        };
        var id = await host.StartMainAsync(0);
        await host.EndOfAsync(id);
        host.Script.Main = host.Script.Sub;
        var waiting = await host.StartMainAsync();
        await host.Client.SuspendInstanceAsync(waiting, "hold", cancellation);
        await host.Client.ResumeInstanceAsync(waiting, "go on", cancellation);
        await host.Client.TerminateInstanceAsync(
            waiting, new TerminateInstanceOptions(Recursive: true), cancellation);
        await host.Client.PurgeInstanceAsync(waiting, cancellation: cancellation);
        var database = host.Host.Services.GetRequiredService<StateDatabase>();
        database.Read(session => session.FinishedBefore(DateTimeOffset.MinValue, 1));
    }

    // Runs once, when the host starts, or concerns no table.
    private static bool IsHot(string statement) =>
        Verb().IsMatch(statement)
        && !statement.Contains("schema", StringComparison.Ordinal)
        && statement != "SELECT id FROM activities ORDER BY id";

    private static List<string> Plan(StateDatabase database, string sql)
    {
        var parameters = Parameter().Matches(sql).Select(match => match.Value).Distinct()
            .Select(name => (name, (object?)0L)).ToArray();
        return database.Read(session => session.Query(
            "EXPLAIN QUERY PLAN " + sql, reader => reader.GetString(3), parameters));
    }

    [GeneratedRegex(@"^\s*(SELECT|INSERT|UPDATE|DELETE)\b")]
    private static partial Regex Verb();

    [GeneratedRegex(@"\$[A-Za-z]+")]
    private static partial Regex Parameter();
}
