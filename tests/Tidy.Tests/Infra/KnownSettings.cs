using System.Text.Json;

namespace Highwater.Tidy.Tests.Infra;

/// <summary>The environment variables that mean something to a program in our images.</summary>
internal static class KnownSettings
{
    private static readonly string[] OfOthers =
    [
        "AzureWebJobsScriptRoot", "AzureWebJobsSecretStorageType", "AzureFunctionsJobHost__",
        "DOTNET_CLI_TELEMETRY_OPTOUT", "DOTNET_NOLOGO", "FunctionsHost", "POSTGRES_INITDB_ARGS",
    ];

    private static readonly HashSet<string> Sample = Read();

    public static bool Includes(string name) =>
        Sample.Contains(name) || OfOthers.Any(known => name.StartsWith(known, StringComparison.Ordinal));

    private static HashSet<string> Read()
    {
        using var sample = JsonDocument.Parse(Checkout.Read("local.settings.sample.json"));
        return [.. sample.RootElement.GetProperty("Values").EnumerateObject().Select(setting => setting.Name)];
    }
}
