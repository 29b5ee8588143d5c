using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost.Functions;

/// <summary>The settings that disable one function: <c>AzureWebJobs.NAME.Disabled</c>, or with underscores.</summary>
internal static class FunctionSwitch
{
    public static bool IsDisabled(this FunctionEntry entry, IConfiguration configuration) =>
        entry.DisabledBy(configuration) is not null;

    /// <summary>The setting that disables the function; null if none does.</summary>
    public static string? DisabledBy(this FunctionEntry entry, IConfiguration configuration)
    {
        // Not every system takes a dot in the name of an environment variable, hence the second one.
        string[] settings = [$"AzureWebJobs.{entry.Name}.Disabled", $"AzureWebJobs_{entry.Name}_Disabled"];
        return settings.FirstOrDefault(setting => IsTrue(configuration[setting]));
    }

    private static bool IsTrue(string? value) =>
        value == "1" || string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
