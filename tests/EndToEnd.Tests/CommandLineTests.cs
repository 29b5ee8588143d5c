using System.Text.Json;
using Highwater.Cli.Commands;
using Highwater.Cli.Output;
using Highwater.Engine.Errors;
using Highwater.FunctionApp.WalSync;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

/// <summary>What the command line says by itself, without a server, a repository or a setting.</summary>
public sealed class CommandLineTests
{
    private const string Segment = "000000010000000000000001";

    public static TheoryData<string> Verbs => [.. HighwaterCommand.Create().Subcommands.Select(verb => verb.Name)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_explains_itself_with_an_example_its_exit_codes_and_json(string verb)
    {
        var help = (await RunAsync(verb, "--help")).ExpectDone().Output;

        Assert.Matches($@"Examples?: .*highwater {verb}", help);
        Assert.Contains("Exit codes: 0 ", help, StringComparison.Ordinal);
        Assert.Contains(" 1 ", help, StringComparison.Ordinal);
        Assert.Contains(verb == "wal-get" ? " 200 " : " 4 trouble outside", help, StringComparison.Ordinal);
        Assert.Contains("--json", help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_overview_has_one_line_for_each_verb_and_the_exit_codes()
    {
        var help = (await RunAsync("--help")).ExpectDone().Output;

        Assert.All(HighwaterCommand.Create().Subcommands, verb => Assert.Matches($@"(?m)^  {verb.Name}\b.*\w", help));
        Assert.Single(help.Split('\n'), line => line.Contains("Exit codes: ", StringComparison.Ordinal));
        Assert.DoesNotContain("Example", help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "a base backup was begun; ")]
    [InlineData(false, "so none was begun now; ")]
    [InlineData(null, "no base backup could be begun; ")]
    public void What_was_done_about_lost_WAL_is_what_wal_sync_says(bool? begun, string says)
    {
        var gap = new FoundWalGap(Segment, DateTimeOffset.UnixEpoch, ["20261122T020000Z"]);

        Assert.Contains(says, WalSyncCommand.DescribeGap(gap, begun), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task An_unknown_option_is_wrong_usage_and_names_the_help_of_the_verb(string verb)
    {
        string[] required = verb == "wal-get" ? [Segment, "x"] : [];
        var result = await RunAsync([verb, .. required, "--frobnicate"]);

        result.ExpectExit(verb == "wal-get" ? 200 : 2);
        Assert.Contains("--frobnicate", result.Error, StringComparison.Ordinal);
        Assert.Contains($"'highwater {verb} --help'", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("wal-get")]
    [InlineData("wal-get", Segment)]
    [InlineData("wal-get", Segment, "x", "y")]
    [InlineData("wal-get", Segment, "x", "--timeline", "two")]
    [InlineData("wal-get", Segment, "x", "--repository")]
    [InlineData("wal-get", Segment, "x", "--repository", "sftp://backup@127.0.0.1/srv/main")]
    public async Task Wrong_usage_of_wal_get_never_passes_for_the_end_of_the_archive(params string[] arguments) =>
        (await RunAsync(arguments)).ExpectExit(200);

    [Theory]
    [InlineData("--identity-file", "sftp://backup@127.0.0.1/srv/main")]
    [InlineData("--known-hosts", "sftp://backup@127.0.0.1/srv/main", "--identity-file", "id")]
    public async Task An_address_over_SSH_names_the_option_it_lacks(string lacking, params string[] repository)
    {
        var result = await RunAsync(["list", "--repository", .. repository]);

        result.ExpectError(ErrorCodes.UsageInvalid, $"needs {lacking}", "--identity-file ~/.ssh/id_ed25519");
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("restore", "--to", "x", "--backup", "yesterday")]
    [InlineData("restore", "--to", "x", "--tablespace-map", "relative=/path")]
    [InlineData("restore", "--to", "x", "--target-lsn", "here")]
    [InlineData("prune", "--keep", "many")]
    public async Task Words_that_make_no_sense_are_refused_before_anything_is_opened(params string[] arguments)
    {
        var result = await RunAsync([.. arguments, "--repository", "/nowhere/main"]);

        result.ExpectExit((int)ExitCode.Usage);
        Assert.Contains("To fix it: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("/nowhere/main", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_an_error_is_one_object_with_code_name_and_message_and_nothing_else()
    {
        var result = (await RunAsync("status", "--json")).ExpectExit((int)ExitCode.Usage);

        var error = JsonDocument.Parse(result.Output).RootElement.GetProperty("error");
        Assert.Equal("HW101", error.GetProperty("code").GetString());
        Assert.Equal("settings-invalid", error.GetProperty("name").GetString());
        Assert.Contains("POSTGRES_USER", error.GetProperty("message").GetString()!, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void A_table_pads_its_columns_and_leaves_no_blanks_at_the_end() =>
        Assert.Equal(
            ["ID      SIZE", "a       1 B", "longer"],
            PlainTable.Format(["ID", "SIZE"], [["a", "1 B"], ["longer", ""]]));

    private static Task<ToolResult> RunAsync(params string[] arguments) => Tool.TryRunAsync(
        HighwaterProgram.Command("/", new Dictionary<string, string>(), arguments),
        TestContext.Current.CancellationToken);
}
