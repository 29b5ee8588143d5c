using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Cli;

/// <summary>The repositories a command works on by itself, without an orchestration.</summary>
public static class OpenRepositories
{
    public static Repositories Of(IReadOnlyList<RepositoryOptions> chosen) =>
        new(chosen, TimeProvider.System, NullLogger<Repositories>.Instance);
}
