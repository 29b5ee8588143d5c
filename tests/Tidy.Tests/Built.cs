using System.Reflection;

namespace Highwater.Tidy.Tests;

/// <summary>What the build of these tests knew: where packages and compilers are on this machine.</summary>
internal static class Built
{
    /// <param name="name">Of an AssemblyMetadata item of the project file.</param>
    public static string From(string name) => typeof(Built).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(fact => fact.Key == name).Value!;
}
