namespace Highwater.Engine.Storage;

/// <summary>
/// Carries a fault of what is being stored past the storage's own error translation, which throws the fault itself
/// again. Never leaves the storage.
/// </summary>
internal sealed class SourceFaultException(Exception fault) : Exception(fault.Message, fault)
{
    public Exception Fault => InnerException!;
}
