using System.Text.Json;
using System.Text.RegularExpressions;

namespace Highwater.Tidy.Tests;

public sealed partial class SettingsTests
{
    /// <summary>Environment variables that make the program crash on purpose: no operator should meet them.</summary>
    private static readonly string[] OnlyForTests = ["HIGHWATER_CRASH_AT", "HIGHWATER_CRASH_LOG"];

    private static HashSet<string> Sample { get; } = ReadSample();

    private static HashSet<string> Readme { get; } =
        [.. Row().Matches(Checkout.Read("README.md")).SelectMany(row => Name().Matches(row.Value))
            .Select(name => name.Value.Trim('`'))];

    [Fact]
    public void The_readme_explains_every_setting_of_the_sample_and_no_other()
    {
        Assert.NotEmpty(Sample);
        Nothing.In(Sample.Except(Readme).Select(name => $"in local.settings.sample.json but not in README.md: {name}"));
        Nothing.In(Readme.Except(Sample).Select(name => $"in README.md but not in local.settings.sample.json: {name}"));
    }

    [Fact]
    public void Every_setting_the_code_reads_is_in_the_sample() =>
        Nothing.In(
            from file in Checkout.CSharp
            where file.IsProduction
            from text in file.StringLiterals
            where OurSetting().IsMatch(text) && !Sample.Contains(text) && !OnlyForTests.Contains(text)
            select $"{file.Path} reads {text}");

    private static HashSet<string> ReadSample()
    {
        using var sample = JsonDocument.Parse(Checkout.Read("local.settings.sample.json"));
        return [.. sample.RootElement.GetProperty("Values").EnumerateObject().Select(setting => setting.Name)];
    }

    /// <summary>A line of the settings table: its first cell holds setting names and nothing else.</summary>
    [GeneratedRegex(@"^\| (`[A-Za-z]+(_[A-Za-z]+)*`(, )?)+ \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`[A-Za-z_]+`")]
    private static partial Regex Name();

    [GeneratedRegex("^(POSTGRES|BACKUP|WAL|LOCAL_BACKUP|REMOTE_BACKUP|HIGHWATER)_[A-Z_]+$")]
    private static partial Regex OurSetting();
}
