using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;
using Highwater.FunctionApp;
using Microsoft.Extensions.Configuration;

namespace Highwater.Cli;

/// <summary>
/// Where the CLI takes its settings from, as the Functions host does: environment variables, else the <c>Values</c> of
/// local.settings.json in the working directory.
/// </summary>
public static class Settings
{
    private const string FileName = "local.settings.json";

    /// <summary>The raw settings with the defaults the timers need.</summary>
    public static IConfiguration Load()
    {
        var builder = new ConfigurationBuilder();
        try
        {
            var file = new ConfigurationBuilder()
                .SetBasePath(Directory.GetCurrentDirectory())
                .AddJsonFile(FileName, optional: true)
                .Build();
            builder.AddInMemoryCollection(file.GetSection("Values").AsEnumerable(makePathsRelative: true));
        }
        catch (InvalidDataException e)
        {
            throw new HighwaterException(
                ErrorCodes.SettingsInvalid,
                $"{FileName} is not valid JSON: {e.InnerException?.Message ?? e.Message}",
                "compare it with local.settings.sample.json",
                e);
        }

        builder.AddEnvironmentVariables();
        builder.AddHighwaterDefaults();
        var settings = builder.Build();

        // The embedded host knows the key alone; a file that cannot be read is told with all other faults.
        if (new SettingsReader(settings).Secret(SettingNames.Key) is { } key)
            settings[SettingNames.Key] = key;
        return settings;
    }

    /// <summary>All settings, checked.</summary>
    public static HighwaterSettings Read() => HighwaterSettings.Read(Load());
}
