using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost.Functions;

/// <summary>The settings that disable one function: <c>AzureWebJobs.NAME.Disabled</c>, or with underscores.</summary>
internal static class FunctionSwitch
{
    public static bool IsDisabled(this FunctionEntry entry, IConfiguration configuration) =>
        IsTrue(configuration[$"AzureWebJobs.{entry.Name}.Disabled"])
        || IsTrue(configuration[$"AzureWebJobs_{entry.Name}_Disabled"]);

    private static bool IsTrue(string? value) =>
        value == "1" || string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
