namespace Highwater.Engine.Errors;

/// <summary>An error that arrived as text.</summary>
/// <param name="Code">What it is.</param>
/// <param name="Text">Its message from the code on.</param>
public sealed record ParsedError(ErrorCode Code, string Text);
