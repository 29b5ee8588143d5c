using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Highwater.Tidy.Tests.Rules;

/// <summary>No test that does not run, no error that disappears, no debt written into a comment.</summary>
internal static class HonestyRules
{
    public static CodeRule[] All { get; } =
    [
        new("no-skipped-test", SkippedTests, "tests/A.cs", "class A { [Fact(Skip = \"later\")] void M() { } }"),
        new("no-skipping-call", SkippingCalls, "tests/A.cs", "class A { void M() => Assert.SkipUnless(true, \"x\"); }"),
        new("no-empty-catch", EmptyCatches, "functions/A.cs",
            "class A { void M() { try { N(); } catch (Exception) { } } }"),
        new("no-silent-pragma", PragmaDisables, "functions/A.cs", "#pragma warning disable CS1591\nclass A;"),
    ];

    private static IEnumerable<string> SkippedTests(SourceFile file) =>
        from argument in file.Syntax.DescendantNodes().OfType<AttributeArgumentSyntax>()
        let name = argument.NameEquals?.Name.Identifier.Text
        where name is not null && (name.StartsWith("Skip", StringComparison.Ordinal) || name == "Explicit")
        select $"a test is kept from running by {argument}";

    private static IEnumerable<string> SkippingCalls(SourceFile file) =>
        file.WrittenNames.Where(name => name.StartsWith("Assert.Skip", StringComparison.Ordinal))
            .Select(name => $"a test may skip itself by {name}");

    /// <summary>An empty block may stand for a named or filtered exception, with the reason written in it.</summary>
    private static IEnumerable<string> EmptyCatches(SourceFile file) =>
        from clause in file.Syntax.DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Block.Statements.Count == 0
        let caught = clause.Declaration?.Type.ToString()
        let all = clause.Filter is null && (caught is null or "Exception" or "System.Exception")
        where all || !HasComment(clause.Block)
        let line = clause.GetLocation().GetLineSpan().StartLinePosition.Line + 1
        select $"line {line} swallows {caught ?? "everything"} without a word";

    private static bool HasComment(BlockSyntax block) =>
        block.DescendantTrivia().Any(trivia =>
            trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia));

    private static IEnumerable<string> PragmaDisables(SourceFile file) =>
        from trivia in file.Syntax.DescendantTrivia(descendIntoTrivia: true)
        where trivia.IsKind(SyntaxKind.PragmaWarningDirectiveTrivia)
        let text = trivia.ToFullString().Trim()
        where text.Contains("disable", StringComparison.Ordinal) && !text.Contains("//", StringComparison.Ordinal)
        select $"{text}: cure the warning, or say why it is wrong here";
}
