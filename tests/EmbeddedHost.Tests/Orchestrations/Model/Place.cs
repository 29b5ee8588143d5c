namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>Where in a program something happens, and in whose instance.</summary>
internal sealed record Place
{
    private IReadOnlyList<(int Index, bool Ordered)> Path { get; init; } = [];

    /// <summary>When the root called the sub-orchestration this is in; null in the root itself.</summary>
    public int? SubSince { get; init; }

    /// <summary>Nothing waits for it.</summary>
    public bool Loose { get; init; }

    public Place In(int index, bool ordered = true) => this with { Path = [.. Path, (index, ordered)] };

    public Place InSub(int second) => this with { SubSince = SubSince ?? second };

    /// <summary>Whether the program says that this comes before the other; what runs together has no order.</summary>
    public bool IsBefore(Place other)
    {
        foreach (var (mine, theirs) in Path.Zip(other.Path))
        {
            if (mine.Index != theirs.Index)
            {
                return !Loose && mine.Ordered && mine.Index < theirs.Index;
            }
        }

        return false;
    }
}
