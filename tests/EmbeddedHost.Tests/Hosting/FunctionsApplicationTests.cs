using Highwater.EmbeddedHost.Tests.Sample;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Tests.Hosting;

public class FunctionsApplicationTests
{
    [Fact]
    public async Task A_program_written_for_the_official_builder_runs_here()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var directory = Directory.CreateTempSubdirectory("highwater-app-").FullName;
        var script = new Script { Main = async context => await context.CallActivityAsync<string>("Work", "x") };

        var builder = FunctionsApplication.CreateBuilder(
            [$"--HIGHWATER_STATE_PATH={directory}", "--urls=http://127.0.0.1:0"]);
        builder.ConfigureFunctionsWebApplication();
        builder.Logging.ClearProviders();
        TestHost.AddSampleServices(builder.Services, script, new EffectFile(directory));
        using (var host = builder.Build())
        {
            await host.StartAsync(cancellation);
            var client = host.Services.GetRequiredService<DurableTaskClient>();
            var id = await client.ScheduleNewOrchestrationInstanceAsync("Main", cancellation);
            var ended = await client.WaitForInstanceCompletionAsync(id, true, cancellation);

            Assert.Equal("x", ended.ReadOutputAs<string>());
            Assert.StartsWith(
                "http://127.0.0.1:", RunningHost.Find(directory)!.Url, StringComparison.Ordinal);
            await host.StopAsync(cancellation);
        }

        Directory.Delete(directory, recursive: true);
    }
}
