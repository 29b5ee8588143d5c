using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Highwater.Tidy.Tests.Rules;

/// <summary>Where a type stands and what it is called, so that a reader finds it without searching.</summary>
internal static partial class NameRules
{
    private static readonly string[] EmptyWords =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Service", "Services", "Common", "Core"];

    public static CodeRule[] All { get; } =
    [
        new("one-type-per-file", OneTypePerFile, "functions/Engine/A.cs",
            "namespace Highwater.Engine;\nclass A;\nclass B;"),
        new("named-after-its-type", NamedAfterItsType, "functions/Engine/A.cs",
            "namespace Highwater.Engine;\nclass B;"),
        new("namespace-is-folder", NamespaceIsFolder, "functions/Engine/Backup/A.cs",
            "namespace Highwater.Engine;\nclass A;"),
        new("plain-names", PlainNames, "functions/Engine/PackManager.cs",
            "namespace Highwater.Engine;\nclass PackManager;"),
        new("documented-engine", Documented, "functions/Engine/A.cs",
            "namespace Highwater.Engine;\npublic class A;"),
    ];

    private static IEnumerable<string> OneTypePerFile(SourceFile file)
    {
        var types = file.TopLevelTypes.Select(SourceFile.TypeName).ToList();
        var statements = file.Syntax.Members.OfType<GlobalStatementSyntax>().Any();
        if (types.Count + (statements ? 1 : 0) > 1)
            yield return $"declares more than one thing at the top: {string.Join(", ", types)}";
    }

    private static IEnumerable<string> NamedAfterItsType(SourceFile file)
    {
        // Foo.Log.cs may hold a part of the partial type Foo. A file without a type holds assembly attributes or
        // usings.
        var expected = file.Name.Split('.')[0];
        var name = file.TopLevelTypes.Select(SourceFile.TypeName).FirstOrDefault(expected);
        if (!file.IsProgram && name != expected)
            yield return $"declares {name}, so it should be named {name}.cs";
    }

    private static IEnumerable<string> NamespaceIsFolder(SourceFile file)
    {
        if (file.IsProgram)
            yield break;
        var folder = Path.GetDirectoryName(file.Path)!.Replace('\\', '/');
        var expected = "Highwater." + folder[(folder.IndexOf('/') + 1)..].Replace('/', '.');
        foreach (var declared in file.Syntax.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
        {
            if (declared.Name.ToString() != expected)
                yield return $"is in namespace {declared.Name}, its folder says {expected}";
            if (declared is not FileScopedNamespaceDeclarationSyntax)
                yield return "the namespace should be file-scoped";
        }
    }

    private static IEnumerable<string> PlainNames(SourceFile file) =>
        from name in file.AllTypes.Select(SourceFile.TypeName).Concat(Path.GetDirectoryName(file.Path)!.Split('/'))
        from word in PascalWord().Matches(name).Select(match => match.Value).Intersect(EmptyWords)
        select $"the name {name} contains {word}, which says nothing about its role";

    private static IEnumerable<string> Documented(SourceFile file) =>
        from type in file.AllTypes
        where file.IsUnder("functions/Engine") && type.Modifiers.Any(SyntaxKind.PublicKeyword)
        where !type.GetLeadingTrivia().Any(SyntaxKind.SingleLineDocumentationCommentTrivia)
        select $"the public type {SourceFile.TypeName(type)} has no doc comment";

    [GeneratedRegex("[A-Z][a-z0-9]*")]
    private static partial Regex PascalWord();
}
