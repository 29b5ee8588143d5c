using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Configuration;

/// <summary>What <c>serve</c> logs, and how.</summary>
/// <param name="Format">For people or for programs.</param>
/// <param name="Level">The least important level that is logged.</param>
public sealed record LogOptions(LogFormat Format, LogLevel Level)
{
    /// <summary>For people, without what is only of use in a search for faults.</summary>
    public static LogOptions Default { get; } = new(LogFormat.Plain, LogLevel.Information);

    /// <summary>Reads both settings. Faults go to the reader.</summary>
    public static LogOptions Read(SettingsReader reader) => new(
        reader.OneOf(SettingNames.LogFormat, Default.Format),
        reader.OneOf(SettingNames.LogLevel, Default.Level));
}
