using Highwater.EmbeddedHost.Tests;
using Highwater.EmbeddedHost.Tests.Sample;

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
