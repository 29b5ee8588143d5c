namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// A connection could not be made or broke while something was done: worth another connection. Never leaves the
/// storage.
/// </summary>
internal sealed class BrokenConnectionException(string doing, Exception inner) : Exception(inner.Message, inner)
{
    public string Doing => doing;
}
