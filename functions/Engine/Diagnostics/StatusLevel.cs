namespace Highwater.Engine.Diagnostics;

/// <summary>How well something is.</summary>
public enum StatusLevel
{
    Ok,
    Warn,
    Fail,
}
