using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Highwater.Tidy.Tests.Rules;

/// <summary>How long a line, a method and a file may be.</summary>
internal static class SizeRules
{
    private const int LineWidth = 120;
    private const int MethodLines = 70;
    private const int FileLines = 300;

    public static CodeRule[] All { get; } =
    [
        new("short-lines", LongLines, "functions/Engine/A.cs", "// " + new string('x', LineWidth)),
        new("short-methods", LongMethods, "functions/Engine/A.cs",
            "class A\n{\n    void M()\n    {\n" + Repeat("        N();\n", MethodLines) + "    }\n}"),
        new("short-files", LongFiles, "functions/Engine/A.cs", Repeat("// line\n", FileLines + 1)),
    ];

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static IEnumerable<string> LongLines(SourceFile file) =>
        file.Lines.Index().Where(line => line.Item.Length > LineWidth)
            .Select(line => $"line {line.Index + 1} is {line.Item.Length} characters wide, limit {LineWidth}");

    private static IEnumerable<string> LongMethods(SourceFile file)
    {
        var program = file.Syntax.Members.OfType<GlobalStatementSyntax>().Sum(SourceFile.LinesOf);
        if (program > MethodLines)
            yield return $"the top-level statements take {program} lines, limit {MethodLines}";

        var bodies = file.Syntax.DescendantNodes()
            .Where(node =>
                node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax);
        foreach (var body in bodies.Where(body => SourceFile.LinesOf(body) > MethodLines))
            yield return $"{Title(body)} takes {SourceFile.LinesOf(body)} lines, limit {MethodLines}";
    }

    private static string Title(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        LocalFunctionStatementSyntax function => function.Identifier.Text,
        _ => node.ToString().Split('\n')[0].Trim(),
    };

    private static IEnumerable<string> LongFiles(SourceFile file)
    {
        if (file.IsProduction && file.Lines.Count > FileLines)
            yield return $"{file.Lines.Count} lines, limit {FileLines}";
    }
}
