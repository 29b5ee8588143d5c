using System.Text.RegularExpressions;
using Highwater.Engine.Errors;

namespace Highwater.Tidy.Tests;

public sealed partial class ErrorCodeTests
{
    [Fact]
    public void No_code_and_no_name_is_given_twice()
    {
        Assert.NotEmpty(ErrorCodes.All);
        Nothing.In(Repeated(ErrorCodes.All.Select(code => code.Code)));
        Nothing.In(Repeated(ErrorCodes.All.Select(code => code.Name)));
    }

    [Fact]
    public void Codes_and_names_have_their_form() =>
        Nothing.In(ErrorCodes.All.Select(code => $"{code.Code} {code.Name}").Where(text => !Form().IsMatch(text)));

    [Fact]
    public void The_readme_lists_every_code_with_its_name_and_exit_code_and_no_other()
    {
        var listed = Row().Matches(Checkout.Read("README.md"))
            .Select(row => $"{row.Groups["code"]} {row.Groups["name"]} {row.Groups["exit"]}").ToList();
        var declared = ErrorCodes.All.Select(code => $"{code.Code} {code.Name} {(int)code.ExitCode}").ToList();
        Nothing.In(declared.Except(listed).Select(code => $"missing in README.md: {code}"));
        Nothing.In(listed.Except(declared).Select(code => $"in README.md but not in ErrorCodes: {code}"));
    }

    private static IEnumerable<string> Repeated(IEnumerable<string> texts) =>
        texts.GroupBy(text => text).Where(group => group.Count() > 1).Select(group => group.Key);

    [GeneratedRegex("^HW[1-9][0-9]{2} [a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex Form();

    [GeneratedRegex(@"^\| (?<code>HW\d{3}) \| (?<name>[a-z0-9-]+) \| (?<exit>\d) \| \S.*\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
