using System.Text.RegularExpressions;

namespace Highwater.Tidy.Tests.Infra;

/// <summary>What images are made by: small, repeatable, unprivileged, stopped cleanly, and without a secret.</summary>
internal static partial class DockerRules
{
    public static DockerRule[] All { get; } =
    [
        new("every-stage-has-a-name", UnnamedStages, "FROM debian:12"),
        new("every-base-image-has-a-version", UnpinnedImages, "FROM debian AS a"),
        new("apt-leaves-nothing-behind", AptLeftovers, "FROM debian:12 AS a\nRUN apt-get install curl"),
        new("copied-files-exist-and-reach-the-builder", LackingSources, "FROM debian:12 AS a\nCOPY no-such-file ."),
        new("nothing-is-fetched-by-add", Adds, "FROM debian:12 AS a\nADD https://example.org/a /a"),
        new("programs-start-without-a-shell", ShellForms, "FROM debian:12 AS a\nENTRYPOINT run me"),
        new("an-image-tells-its-health", WithoutHealth, "FROM debian:12 AS a"),
        new("an-image-says-how-to-stop-it", WithoutStopSignal, "FROM debian:12 AS a"),
        new("the-embedded-host-runs-as-an-ordinary-user", Privileged, "FROM debian:12 AS embedded\nUSER root"),
        new("no-secret-in-an-image", Secrets, "FROM debian:12 AS a\nENV POSTGRES_PASSWORD=x"),
        new("settings-are-known", UnknownSettings, "FROM debian:12 AS a\nENV BACKUP_SHEDULE=x"),
    ];

    private static IEnumerable<string> UnnamedStages(Dockerfile file) =>
        file.All("FROM").Where(from => !Regex.IsMatch(from.Text, " AS [a-z-]+$")).Select(from => from.Text);

    private static IEnumerable<string> UnpinnedImages(Dockerfile file) =>
        from line in file.All("FROM")
        let image = line.Words[0]
        where !file.Stages.Contains(image)
        where !Regex.IsMatch(image, @":\d[\w.-]*$")
        select image;

    private static IEnumerable<string> AptLeftovers(Dockerfile file) =>
        from run in file.All("RUN")
        where Regex.IsMatch(run.Text, "apt-get .*install")
        where !run.Text.Contains("--no-install-recommends", StringComparison.Ordinal)
            || !run.Text.Contains("rm -rf /var/lib/apt/lists/*", StringComparison.Ordinal)
        select run.Text;

    private static IEnumerable<string> LackingSources(Dockerfile file)
    {
        var copied = file.All("COPY").Where(copy => copy.Option("from") is null).SelectMany(copy => copy.Words[..^1]);
        var mounted = file.All("RUN").Select(run => MountSource().Match(run.Text)).Where(match => match.Success)
            .Select(match => match.Groups["path"].Value);
        return copied.Concat(mounted).Select(source => file.Context + source.TrimEnd('/'))
            .Where(path => !Checkout.Exists(path) || !DockerContext.Includes(path))
            .Concat(file.Instructions.Select(line => line.Option("from")).OfType<string>()
                .Where(stage => !file.Stages.Contains(stage)));
    }

    private static IEnumerable<string> Adds(Dockerfile file) => file.All("ADD").Select(add => add.Text);

    private static IEnumerable<string> ShellForms(Dockerfile file) =>
        file.Instructions.Where(line => line.Keyword is "ENTRYPOINT" or "CMD" or "HEALTHCHECK" && !line.IsExecForm)
            .Select(line => $"{line.Keyword} {line.Text}");

    private static IEnumerable<string> WithoutHealth(Dockerfile file) =>
        file.FinalStages.Where(stage => !file.Of(stage, "HEALTHCHECK").Any());

    private static IEnumerable<string> WithoutStopSignal(Dockerfile file) =>
        file.FinalStages.Where(stage => !file.Of(stage, "STOPSIGNAL").Any());

    private static IEnumerable<string> Privileged(Dockerfile file) =>
        from stage in file.FinalStages
        where stage == "embedded"
        let user = file.Of(stage, "USER").LastOrDefault()?.Text
        where user is null || !Regex.IsMatch(user, @"^[1-9]\d*(:[1-9]\d*)?$")
        select $"{stage} runs as '{user}'";

    private static IEnumerable<string> Secrets(Dockerfile file) =>
        file.Instructions.Where(line => line.Keyword is "ENV" or "ARG").SelectMany(line => line.Assignments)
            .Where(given => Regex.IsMatch(given.Name, "(PASSWORD|KEY|SECRET|TOKEN)$", RegexOptions.IgnoreCase))
            .Select(given => given.Name);

    private static IEnumerable<string> UnknownSettings(Dockerfile file) =>
        file.All("ENV").SelectMany(env => env.Assignments).Select(given => given.Name)
            .Where(name => !KnownSettings.Includes(name));

    [GeneratedRegex(@"--mount=type=bind,source=(?<path>[^,\s]+)")]
    private static partial Regex MountSource();
}
