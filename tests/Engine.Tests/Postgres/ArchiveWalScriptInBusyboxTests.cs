namespace Highwater.Engine.Tests.Postgres;

/// <summary>The shell of the Alpine images, and its own tools.</summary>
public sealed class ArchiveWalScriptInBusyboxTests() : ArchiveWalScriptTests("busybox");
