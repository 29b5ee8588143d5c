namespace Highwater.EmbeddedHost.Functions;

internal enum FunctionKind
{
    Orchestration,
    Activity,
    Timer,
    Http,
}
