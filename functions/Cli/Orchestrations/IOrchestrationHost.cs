namespace Highwater.Cli.Orchestrations;

/// <summary>Where orchestrations run: in a serving process, or in this one.</summary>
public interface IOrchestrationHost : IAsyncDisposable
{
    /// <summary>Starts the one instance of an orchestration unless it is live.</summary>
    /// <returns>Whether this call started it.</returns>
    Task<bool> TryStartAsync(string name, CancellationToken cancellationToken);

    /// <summary>How the instance is now, or null if there is none.</summary>
    Task<OrchestrationSnapshot?> FindAsync(string name, CancellationToken cancellationToken);
}
