using Highwater.EmbeddedHost;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Highwater.Tidy.Tests.Azure;

public sealed class OfficialApiTests
{
    /// <summary>Officially a third parameter may follow, of a type the embedded host has not. Calls that leave it out
    /// compile against either.</summary>
    private const string WithoutItsOption = "M:Microsoft.Azure.Functions.Worker.DurableTaskClientExtensions."
        + "CreateHttpManagementPayload(Microsoft.DurableTask.Client.DurableTaskClient,System.String)";

    private static readonly HashSet<string> Official =
        [.. OfficialApi.Packages.SelectMany(package => Members(package.Assembly))];

    [Fact]
    public void The_declarations_of_the_official_packages_compile() =>
        Nothing.In(OfficialApi.Packages.SelectMany(package => package.GetDiagnostics())
            .Where(fault => fault.Severity == DiagnosticSeverity.Error).Select(fault => fault.ToString()));

    [Fact]
    public void The_embedded_host_declares_under_official_names_only_what_is_there_officially()
    {
        var host = MetadataReference.CreateFromFile(typeof(EmbeddedFunctionsHost).Assembly.Location);
        var compilation = CSharpCompilation.Create("reader", references: [.. OfficialApi.Packages[0].References, host]);
        var embedded = (IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(host)!;
        var declared = Members(embedded)
            .Where(id => id[2..].StartsWith("Microsoft.", StringComparison.Ordinal)).ToList();
        Assert.Contains("T:Microsoft.DurableTask.TaskOrchestrationContext", declared);
        Nothing.In(declared.Where(id => !Official.Contains(id) && id != WithoutItsOption));
    }

    /// <summary>Types and members an app can name, as the compiler writes them in documentation files.</summary>
    private static IEnumerable<string> Members(IAssemblySymbol assembly) =>
        from type in Types(assembly.GlobalNamespace)
        where IsVisible(type)
        from symbol in type.GetMembers().Where(member => IsVisible(member) && !IsGenerated(member)).Append(type)
        select symbol.GetDocumentationCommentId();

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol scope) =>
        scope.GetMembers().OfType<INamespaceOrTypeSymbol>()
            .SelectMany(member => member is INamedTypeSymbol type ? Types(type).Prepend(type) : Types(member));

    private static bool IsVisible(ISymbol symbol) =>
        symbol.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected
            or Accessibility.ProtectedOrInternal;

    /// <summary>What the compiler adds to records, and the bodies of properties.</summary>
    private static bool IsGenerated(ISymbol member) =>
        member.IsOverride
        || member is IMethodSymbol
        {
            MethodKind: MethodKind.PropertyGet or MethodKind.PropertySet or MethodKind.EventAdd
                or MethodKind.EventRemove
        }
        || (member.ContainingType.IsRecord && (member.Name is "Equals" or "PrintMembers" or "EqualityContract" or
            "op_Equality" or "op_Inequality" or "<Clone>$" or "Deconstruct" || IsCopyConstructor(member)))
        || member is IMethodSymbol { MethodKind: MethodKind.Constructor, Parameters.Length: 0 };

    private static bool IsCopyConstructor(ISymbol member) =>
        member is IMethodSymbol { MethodKind: MethodKind.Constructor, Parameters: [var only] }
        && SymbolEqualityComparer.Default.Equals(only.Type, member.ContainingType);
}
