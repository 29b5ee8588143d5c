namespace Highwater.Engine.Tests.Postgres;

/// <summary>A shell that many derived images put in the place of <c>sh</c>, with GNU tools.</summary>
public sealed class ArchiveWalScriptInBashTests() : ArchiveWalScriptTests("bash");
