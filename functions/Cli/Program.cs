using Highwater.Cli.Commands;

return await HighwaterCommand.RunAsync(args);
