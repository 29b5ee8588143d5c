namespace Highwater.Engine.Diagnostics;

/// <summary>One statement about health.</summary>
/// <param name="Level">How well it is.</param>
/// <param name="Subject">What it is about: <c>local</c>, <c>remote</c>, <c>spool</c>, <c>server</c>.</param>
/// <param name="Text">The statement, as a sentence with its values.</param>
/// <param name="Remedy">What to do; null where nothing is to be done.</param>
public sealed record StatusLine(StatusLevel Level, string Subject, string Text, string? Remedy = null);
