using System.Text.RegularExpressions;
using static Highwater.Tidy.Tests.Infra.ComposeFile;

namespace Highwater.Tidy.Tests.Infra;

public sealed partial class ComposeTests
{
    [Theory]
    [InlineData("volumes")]
    [InlineData("networks")]
    [InlineData("secrets")]
    public void Whatever_a_service_uses_is_declared_and_whatever_is_declared_is_used(string kind)
    {
        var used = Used(kind).Where(name => name[0] is not ('.' or '/')).ToHashSet();
        Assert.NotEmpty(used);
        Nothing.In(used.Except(Declared(kind)).Select(name => $"not declared in {kind}: {name}"));
        Nothing.In(Declared(kind).Except(used).Select(name => $"declared in {kind}, but not used: {name}"));
    }

    [Fact]
    public void Every_file_and_build_context_is_there()
    {
        Nothing.In(Used("volumes").Where(source => source[0] == '.').Select(source => "infra" + source[1..])
            .Where(path => !Checkout.Exists(path)));
        foreach (var build in Services.Values.Select(service => Keys(service, "build")).Where(build => build.Count > 0))
        {
            var context = Value(build, "context") == ".." ? "" : "infra" + Value(build, "context")![1..] + "/";
            var file = Dockerfile.Load(context + (Value(build, "dockerfile") ?? "Dockerfile"), context);
            Assert.Contains(Value(build, "target") ?? file.Stages[0], file.FinalStages);
        }
    }

    [Fact]
    public void Every_image_has_a_version() =>
        Nothing.In(Services.Values.Select(service => Value(service, "image")!)
            .Where(image => !Regex.IsMatch(image, @":(\d[\w.-]*|local)$")));

    [Fact]
    public void Highwater_is_offered_in_two_flavours_each_a_profile() =>
        Assert.Equal(
            ["azurite: azure", "highwater-functions: azure", "highwater: embedded"],
            Services.Where(service => List(service.Value, "profiles").Any())
                .Select(service => $"{service.Key}: {List(service.Value, "profiles").Single()}")
                .Order(StringComparer.Ordinal));

    [Fact]
    public void Only_known_settings_are_given() =>
        Nothing.In(Services.SelectMany(service => Keys(service.Value, "environment").Keys.Cast<string>())
            .Where(name => !KnownSettings.Includes(name)));

    [Fact]
    public void No_password_and_no_key_is_written_down() =>
        Nothing.In(
            from service in Services.Values
            from setting in Keys(service, "environment")
            let name = (string)setting.Key
            where Regex.IsMatch(name, "(PASSWORD|KEY)$")
            where !((string)setting.Value!).StartsWith("${", StringComparison.Ordinal)
            select name);

    [Fact]
    public void A_service_waits_only_for_what_tells_its_health_or_ends()
    {
        foreach (var service in Services.Values)
        {
            foreach (var (name, how) in Keys(service, "depends_on"))
            {
                var awaited = Services[(string)name];
                var condition = Value((Dictionary<object, object?>)how!, "condition");
                Assert.True(
                    condition == "service_healthy"
                        ? Keys(awaited, "healthcheck").Count > 0
                        : condition == "service_completed_successfully" && Value(awaited, "restart") == "no",
                    $"{name}: {condition}");
            }
        }
    }

    [Fact]
    public void Whatever_stays_comes_back_after_a_restart_of_the_machine() =>
        Nothing.In(Services.Where(service => service.Key != "spool")
            .Where(service => Value(service.Value, "restart") != "unless-stopped").Select(service => service.Key));

    [Fact]
    public void Ports_are_open_on_this_machine_only()
    {
        var ports = Services.Values.SelectMany(service => List(service, "ports")).Cast<string>().ToList();
        Assert.NotEmpty(ports);
        Nothing.In(ports.Where(port => !port.StartsWith("127.0.0.1:", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_sample_of_the_environment_file_lists_what_the_compose_file_reads_and_no_more()
    {
        var read = Variable().Matches(Text).Select(match => match.Groups["name"].Value).ToHashSet();
        var listed = Regex.Matches(Checkout.Read("infra/.env.sample"), @"^(?<name>\w+)=", RegexOptions.Multiline)
            .Select(match => match.Groups["name"].Value).Where(name => name != "COMPOSE_PROJECT_NAME").ToHashSet();
        Assert.Equal(read.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"\$\{(?<name>\w+)")]
    private static partial Regex Variable();
}
