using Highwater.FunctionApp;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Configuration.AddHighwaterDefaults();
builder.Services.AddHighwater(builder.Configuration);
builder.Build().Run();
