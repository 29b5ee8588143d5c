using System.IO.Compression;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Highwater.Tidy.Tests.Azure;

/// <summary>
/// What an app can name in the official packages, as declared in OfficialApi/*.txt, one file for each package. The
/// packages themselves are not in every registry; these declarations stand in for them wherever code only has to
/// compile.
/// </summary>
internal static class OfficialApi
{
    /// <summary>Has build logic only, and so nothing to declare.</summary>
    private const string Sdk = "Microsoft.Azure.Functions.Worker.Sdk";

    private const string Usings = """
        global using System; global using System.Collections.Generic; global using System.Threading;
        global using System.Threading.Tasks; global using Microsoft.AspNetCore.Http;
        global using Microsoft.Azure.Functions.Worker; global using Microsoft.Azure.Functions.Worker.Builder;
        global using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
        global using Microsoft.Azure.Functions.Worker.Middleware; global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection; global using Microsoft.Extensions.Diagnostics.Metrics;
        global using Microsoft.Extensions.Hosting; global using Microsoft.Extensions.Logging;
        """;

    /// <summary>Package by package: the first one is what the others build on.</summary>
    public static IReadOnlyList<CSharpCompilation> Packages { get; } = Compile();

    /// <summary>Writes a package source: the official packages in the given versions, as declarations.</summary>
    public static void WriteFeed(string folder, IReadOnlyDictionary<string, string> versions)
    {
        Directory.CreateDirectory(folder);
        foreach (var package in Packages)
            WritePackage(folder, package.AssemblyName!, versions[package.AssemblyName!], package);
        WritePackage(folder, Sdk, versions[Sdk], null);
    }

    private static List<CSharpCompilation> Compile()
    {
        var framework = ReferenceAssemblies("Microsoft.NETCore.App.Ref")
            .Concat(ReferenceAssemblies("Microsoft.AspNetCore.App.Ref"))
            .Select(path => (MetadataReference)MetadataReference.CreateFromFile(path)).ToList();
        var packages = new List<CSharpCompilation>();
        foreach (var file in Files())
        {
            packages.Add(CSharpCompilation.Create(
                Path.GetFileNameWithoutExtension(file),
                [Parse(Usings), Parse(Checkout.Read(file))],
                [.. framework, .. packages.Select(package => package.ToMetadataReference())],
                new CSharpCompilationOptions(
                    OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable)));
        }

        return packages;
    }

    /// <summary>From the SDK: what the runtime itself loads would bind callers to its inner assemblies.</summary>
    private static IEnumerable<string> ReferenceAssemblies(string pack)
    {
        var version = Directory.EnumerateDirectories(Path.Combine(Built.From("TargetingPacks"), pack))
            .Select(folder => Path.Combine(folder, "ref", "net10.0")).First(Directory.Exists);
        return Directory.EnumerateFiles(version, "*.dll");
    }

    private static SyntaxTree Parse(string text) =>
        CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview));

    private static IEnumerable<string> Files() =>
        Checkout.Files.Where(path => path.StartsWith("tests/Tidy.Tests/Azure/OfficialApi/", StringComparison.Ordinal))
            .OrderBy(path => path.Length);

    private static void WritePackage(string folder, string id, string version, CSharpCompilation? content)
    {
        using var package = ZipFile.Open(Path.Combine(folder, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        using (var description = new StreamWriter(package.CreateEntry(id + ".nuspec").Open()))
        {
            description.Write($"""
                <package><metadata><id>{id}</id><version>{version}</version><authors>Tests</authors>
                <description>Declarations of the official package.</description></metadata></package>
                """);
        }

        if (content is null)
            return;
        using var assembly = package.CreateEntry($"lib/net8.0/{id}.dll").Open();
        var emitted = content.Emit(assembly);
        Nothing.In(emitted.Diagnostics.Where(fault => fault.Severity == DiagnosticSeverity.Error)
            .Select(fault => $"{id}: {fault}"));
    }
}
