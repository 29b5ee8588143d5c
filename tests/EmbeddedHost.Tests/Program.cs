using Highwater.EmbeddedHost.Tests.Sample;

namespace Highwater.EmbeddedHost.Tests;

internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is [SampleProcess.Verb, var directory])
        {
            return await SampleProcess.RunAsync(directory);
        }

        if (args.Any(arg => arg is "--server" or "--internal-msbuild-node"))
        {
            return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
                args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
        }

        return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }
}
