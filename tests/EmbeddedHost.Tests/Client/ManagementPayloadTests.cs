using System.Text.Json;
using Highwater.EmbeddedHost.Tests.Http;
using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Tests.Client;

public class ManagementPayloadTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(DurableApi.Key)]
    public async Task A_function_hands_out_links_that_work_and_do_not_carry_the_key_of_the_host(string? key)
    {
        await using var host = await HttpHost.StartAsync(key);
        var id = await host.Host.StartMainAsync();
        await host.Host.EndOfAsync(id);

        var payload = host.Host.Client.CreateHttpManagementPayload(id);
        using var status = await host.Http.GetAsync(
            new Uri(payload.StatusQueryGetUri!), TestContext.Current.CancellationToken);
        using var purged = await host.Http.DeleteAsync(
            new Uri(payload.PurgeHistoryDeleteUri!), TestContext.Current.CancellationToken);
        var json = JsonSerializer.Serialize(payload);

        Assert.Equal(id, (await HttpHost.JsonAsync(status))["instanceId"]!.GetValue<string>());
        Assert.True(purged.IsSuccessStatusCode);
        Assert.DoesNotContain(DurableApi.Key, json, StringComparison.Ordinal);
        Assert.StartsWith($$"""{"Id":"{{id}}","StatusQueryGetUri":"http""", json, StringComparison.Ordinal);
        Assert.Contains("/terminate?reason={{text}}", payload.TerminatePostUri, StringComparison.Ordinal);
        Assert.Contains("/raiseEvent/{eventName}", payload.SendEventPostUri, StringComparison.Ordinal);
        Assert.Null(payload.RestartPostUri);
        Assert.Null(payload.RewindPostUri);
    }

    [Fact]
    public async Task A_host_without_http_has_no_links()
    {
        await using var host = await TestHost.StartNewAsync();

        Assert.Throws<InvalidOperationException>(() => host.Client.CreateHttpManagementPayload("any"));
    }
}
