using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Highwater.Tidy.Tests;

/// <summary>One C# file, parsed.</summary>
internal sealed class SourceFile
{
    private SourceFile(string path, string text)
    {
        Path = path;
        Text = text;
        Lines = text.TrimEnd('\n').Split('\n');
        Syntax = CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview), path)
            .GetCompilationUnitRoot();
    }

    /// <summary>Relative to the root of the checkout, with forward slashes.</summary>
    public string Path { get; }

    public string Text { get; }

    public IReadOnlyList<string> Lines { get; }

    public CompilationUnitSyntax Syntax { get; }

    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public bool IsProduction => Path.StartsWith("functions/", StringComparison.Ordinal);

    public bool IsProgram => Name == "Program";

    public static SourceFile Load(string path) => new(path, Checkout.Read(path));

    public static SourceFile Parse(string path, string text) => new(path, text);

    public bool IsUnder(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    public IEnumerable<MemberDeclarationSyntax> TopLevelTypes =>
        Syntax.DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
            .Cast<MemberDeclarationSyntax>();

    public IEnumerable<MemberDeclarationSyntax> AllTypes =>
        Syntax.DescendantNodes().Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
            .Cast<MemberDeclarationSyntax>();

    /// <summary>Every dotted or plain name as it is written, in using directives and in code.</summary>
    public IEnumerable<string> WrittenNames =>
        Syntax.DescendantNodes()
            .Where(node => node is NameSyntax or MemberAccessExpressionSyntax)
            .Where(node => node.Parent is not (QualifiedNameSyntax or AliasQualifiedNameSyntax))
            .Select(node => node.ToString().Replace("global::", "", StringComparison.Ordinal));

    public IEnumerable<string> Identifiers =>
        Syntax.DescendantTokens().Where(token => token.IsKind(SyntaxKind.IdentifierToken)).Select(token => token.Text);

    public IEnumerable<string> StringLiterals =>
        Syntax.DescendantTokens().Where(token => token.IsKind(SyntaxKind.StringLiteralToken))
            .Select(token => token.ValueText);

    public static string TypeName(MemberDeclarationSyntax type) => type switch
    {
        BaseTypeDeclarationSyntax declared => declared.Identifier.Text,
        DelegateDeclarationSyntax declared => declared.Identifier.Text,
        _ => throw new ArgumentException($"{type.Kind()} is no type.", nameof(type)),
    };

    public static int LinesOf(SyntaxNode node)
    {
        // From the first token after the attributes, so that neither they nor the doc comment count.
        var first = node is MemberDeclarationSyntax { AttributeLists.Count: > 0 } member
            ? member.AttributeLists.Last().GetLastToken().GetNextToken()
            : node.GetFirstToken();
        var start = first.GetLocation().GetLineSpan().StartLinePosition.Line;
        return node.GetLastToken().GetLocation().GetLineSpan().EndLinePosition.Line - start + 1;
    }
}
