using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost;

/// <summary>
/// The settings of <c>host.json</c> beside the app. As under the Azure Functions host, a setting
/// <c>AzureFunctionsJobHost__extensions__http__routePrefix</c> wins over the file.
/// </summary>
internal static class HostJson
{
    public static IConfiguration Read(IConfiguration settings) => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "host.json"), optional: true)
        .AddConfiguration(settings.GetSection("AzureFunctionsJobHost"))
        .Build();
}
