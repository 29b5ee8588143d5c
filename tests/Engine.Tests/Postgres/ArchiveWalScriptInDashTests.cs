namespace Highwater.Engine.Tests.Postgres;

/// <summary>The shell of the Debian images, with GNU tools.</summary>
public sealed class ArchiveWalScriptInDashTests() : ArchiveWalScriptTests("dash");
