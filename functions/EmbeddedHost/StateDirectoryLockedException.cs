namespace Highwater.EmbeddedHost;

/// <summary>Another process works on the state directory.</summary>
public sealed class StateDirectoryLockedException(string stateDirectory, RunningHost? holder)
    : IOException(MessageFor(stateDirectory, holder))
{
    public string StateDirectory { get; } = stateDirectory;

    /// <summary>Who; null when it has not said so (it is just starting or stopping).</summary>
    public RunningHost? Holder { get; } = holder;

    private static string MessageFor(string stateDirectory, RunningHost? holder) => holder is null
        ? $"The state directory '{stateDirectory}' is in use by another process."
        : $"The state directory '{stateDirectory}' is in use by process {holder.ProcessId}"
            + (holder.Url is null ? "." : $", which serves {holder.Url}.");
}
