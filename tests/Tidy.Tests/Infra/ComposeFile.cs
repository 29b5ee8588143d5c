using YamlDotNet.Core;
using YamlDotNet.Serialization;
using Map = System.Collections.Generic.Dictionary<object, object?>;

namespace Highwater.Tidy.Tests.Infra;

/// <summary>infra/docker-compose.yml, its anchors resolved.</summary>
internal static class ComposeFile
{
    public const string Path = "infra/docker-compose.yml";

    private static readonly Map Root =
        new DeserializerBuilder().Build().Deserialize<Map>(new MergingParser(new Parser(new StringReader(Text))));

    public static string Text => Checkout.Read(Path);

    public static IReadOnlyDictionary<string, Map> Services { get; } =
        ((Map)Root["services"]!).ToDictionary(pair => (string)pair.Key, pair => (Map)pair.Value!);

    /// <summary>The names under volumes, networks or secrets at the top.</summary>
    public static IEnumerable<string> Declared(string kind) => ((Map)Root[kind]!).Keys.Cast<string>();

    /// <summary>The names services use of a kind.</summary>
    public static IEnumerable<string> Used(string kind) =>
        Services.Values.SelectMany(service => List(service, kind)).Select(Name);

    public static IEnumerable<string> SecretFiles =>
        ((Map)Root["secrets"]!).Values.Select(secret => (string)((Map)secret!)["file"]!);

    public static IEnumerable<object?> List(Map service, string key) =>
        service.GetValueOrDefault(key) as IEnumerable<object?> ?? [];

    public static Map Keys(Map service, string key) => service.GetValueOrDefault(key) as Map ?? [];

    public static string? Value(Map service, string key) => service.GetValueOrDefault(key) as string;

    private static string Name(object? entry) =>
        entry is Map map ? (string)map["source"]! : ((string)entry!).Split(':')[0];
}
