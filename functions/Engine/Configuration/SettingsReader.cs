using System.Globalization;
using Highwater.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace Highwater.Engine.Configuration;

/// <summary>
/// Reads settings and gathers what is wrong with them, so that an operator sees every fault at once. A faulty setting
/// reads as its default; <see cref="ThrowIfFaulty"/> is called before anything is used. An empty value counts as not
/// set.
/// </summary>
public sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<SettingFault> _faults = [];

    public IReadOnlyList<SettingFault> Faults => _faults;

    /// <summary>The value, or null if it is not set.</summary>
    public string? Optional(string name) =>
        string.IsNullOrWhiteSpace(configuration[name]) ? null : configuration[name]!.Trim();

    /// <summary>The value, or the default if it is not set.</summary>
    public string Text(string name, string defaultValue) => Optional(name) ?? defaultValue;

    /// <summary>The value; not being set is a fault.</summary>
    public string Required(string name, string example)
    {
        var value = Optional(name);
        if (value is null)
            Fault(name, "is not set", $"{name}={example}");
        return value ?? "";
    }

    /// <summary>A whole number within bounds, both included.</summary>
    public int Number(string name, int defaultValue, int least, int most)
    {
        var text = Optional(name);
        if (text is null)
            return defaultValue;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
            return number;
        Fault(name, $"'{text}' is not a whole number from {least} to {most}", $"{name}={defaultValue}");
        return defaultValue;
    }

    /// <summary>One of the names of an enumeration, in any case.</summary>
    public T OneOf<T>(string name, T defaultValue)
        where T : struct, Enum
    {
        var text = Optional(name);
        if (text is null)
            return defaultValue;

        // Parse would take numbers and lists as well.
        if (Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase))
            return Enum.Parse<T>(text, ignoreCase: true);
        var choice = string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant();
        Fault(name, $"'{text}' is none of {choice}", $"{name}={defaultValue.ToString().ToLowerInvariant()}");
        return defaultValue;
    }

    /// <summary>A secret: from the setting itself or from the file that NAME_FILE names. Never shown in a
    /// fault.</summary>
    public string? Secret(string name)
    {
        var fileSetting = name + "_FILE";
        var path = Optional(fileSetting);
        if (path is null)
            return string.IsNullOrEmpty(configuration[name]) ? null : configuration[name];
        var example = $"{fileSetting}=/run/secrets/{name.ToLowerInvariant().Replace('_', '-')}";
        try
        {
            var secret = File.ReadAllText(path).TrimEnd('\r', '\n');
            if (secret.Length > 0)
                return secret;
            Fault(fileSetting, $"'{path}' is empty", example);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault(fileSetting, $"'{path}' cannot be read: {e.Message}", example);
        }

        return null;
    }

    /// <summary>Notes that a setting is wrong.</summary>
    public void Fault(string name, string problem, string example) =>
        _faults.Add(new SettingFault(name, problem, example));

    /// <exception cref="HighwaterException"><see cref="ErrorCodes.SettingsInvalid"/> with every fault
    /// found.</exception>
    public void ThrowIfFaulty()
    {
        if (_faults.Count == 0)
            return;
        var list = string.Join("", _faults.Select(fault => $"\n  - {fault}"));
        throw new HighwaterException(
            ErrorCodes.SettingsInvalid,
            $"{(_faults.Count == 1 ? "One setting is" : $"{_faults.Count} settings are")} missing or wrong:{list}",
            "set them as environment variables or under \"Values\" in local.settings.json "
            + "(local.settings.sample.json lists every setting)");
    }
}
