namespace Highwater.Engine.Configuration;

/// <summary>How <c>serve</c> writes its log.</summary>
public enum LogFormat
{
    /// <summary>Lines for people.</summary>
    Plain,

    /// <summary>One JSON object a line, for programs.</summary>
    Json,
}
