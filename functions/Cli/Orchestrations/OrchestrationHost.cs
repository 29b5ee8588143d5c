using Highwater.EmbeddedHost;
using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace Highwater.Cli.Orchestrations;

/// <summary>Chooses where a command's orchestration runs.</summary>
public static class OrchestrationHost
{
    /// <summary>The serving process on this state directory if there is one, else this process.</summary>
    /// <param name="configuration">The settings as they stand.</param>
    /// <param name="settings">The same, read.</param>
    /// <param name="serve">Waits for one that is just starting or stopping.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.StateDirectoryLocked"/>: another command is at work
    /// there, and that for longer than it is waited for.</exception>
    public static async Task<IOrchestrationHost> OpenAsync(
        IConfiguration configuration,
        HighwaterSettings settings,
        AwaitServe serve,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await serve.FindAsync(cancellationToken) is { } url)
                return new ServedHost(url, configuration);
            try
            {
                return await InProcessHost.StartAsync(configuration, settings, cancellationToken);
            }
            catch (StateDirectoryLockedException e)
            {
                // Before the end of the wait somebody has only been faster than this one.
                if (serve.IsOver)
                    throw Locked(e);
            }
            catch (StateUnusableException e)
            {
                throw Unusable(e);
            }
        }
    }

    /// <summary>The error for a state directory that another process works on.</summary>
    public static HighwaterException Locked(StateDirectoryLockedException locked) => new(
        ErrorCodes.StateDirectoryLocked,
        locked.Message,
        "wait until it has finished and run this again, or stop it first; what it was doing goes on at the next start",
        locked);

    /// <summary>The error for a state file that is not to be worked with.</summary>
    public static HighwaterException Unusable(StateUnusableException unusable) =>
        new(ErrorCodes.StateUnusable, unusable.Message, unusable.Remedy, unusable);
}
