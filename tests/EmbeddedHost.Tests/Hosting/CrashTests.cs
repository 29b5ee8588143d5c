using Highwater.EmbeddedHost.Tests.Sample;

namespace Highwater.EmbeddedHost.Tests.Hosting;

public class CrashTests
{
    [Fact]
    public async Task A_process_killed_in_an_activity_and_started_again_finishes_the_same_orchestration()
    {
        var directory = Directory.CreateTempSubdirectory("highwater-crash-").FullName;
        var effects = new EffectFile(directory);
        using (var killed = SampleProcess.Start(directory))
        {
            await TestHost.UntilAsync(() => effects.Lines() is [.., "hanging"]);
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        effects.Open();
        using var second = SampleProcess.Start(directory);
        try
        {
            await TestHost.UntilAsync(() => second.HasExited);
        }
        finally
        {
            second.Kill();
        }

        var said = await second.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(second.ExitCode == 0, said);
        Assert.Equal("\"first,second,third\"", await File.ReadAllTextAsync(
            Path.Combine(directory, "output"), TestContext.Current.CancellationToken));
        Assert.Equal(["first", "hanging", "hanging", "first,second,third"], effects.Lines());
        Directory.Delete(directory, recursive: true);
    }
}
