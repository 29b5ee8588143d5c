using Highwater.Engine.Postgres;

namespace Highwater.Engine.Restore.Prefetch;

/// <summary>
/// Which segments to have at hand: the next few of one timeline, from the one recovery will ask for first. Pure.
/// </summary>
/// <param name="request">Where recovery is.</param>
/// <param name="limits">How far the window reaches.</param>
internal sealed class PrefetchWindow(PrefetchRequest request, PrefetchLimits limits)
{
    private readonly SortedSet<ulong> _fetching = [];
    private readonly SortedSet<ulong> _ready = [];
    private PrefetchRequest _request = request;
    private ulong? _end;

    /// <summary>The first segment recovery has not got yet.</summary>
    public WalSegmentName Next => _request.Next;

    /// <summary>Whether nothing is left to do: the repositories gave no more, and what they gave has been
    /// taken.</summary>
    public bool IsExhausted => _end is not null && _fetching.Count == 0 && _ready.Count == 0 && Wanted().Count == 0;

    /// <summary>What lies ready, first the one recovery asks for first.</summary>
    public IReadOnlyList<WalSegmentName> Ready => [.. _ready.Select(NameOf)];

    /// <summary>How large a segment is.</summary>
    public long SegmentBytes => _request.Size.Bytes;

    private ulong First => Next.Number(_request.Size);

    private ulong Length => (ulong)limits.SegmentsOf(_request.Size);

    /// <summary>Whether a segment is to be kept, if it is there.</summary>
    public bool Contains(WalSegmentName segment) =>
        segment.Timeline == Next.Timeline && InWindow(segment.Number(_request.Size));

    /// <summary>What to begin to fetch now, in the order in which recovery needs it.</summary>
    public IReadOnlyList<WalSegmentName> Wanted()
    {
        var end = Math.Min(First + Length, _end ?? ulong.MaxValue);
        var free = limits.Parallelism - _fetching.Count;
        var wanted = new List<WalSegmentName>();
        for (var number = First; number < end && wanted.Count < free; number++)
        {
            if (!_fetching.Contains(number) && !_ready.Contains(number))
                wanted.Add(NameOf(number));
        }

        return wanted;
    }

    /// <summary>It is being fetched.</summary>
    public void Begin(WalSegmentName segment) => _fetching.Add(segment.Number(_request.Size));

    /// <summary>It lies ready.</summary>
    public void Finish(WalSegmentName segment)
    {
        _fetching.Remove(segment.Number(_request.Size));
        if (Contains(segment))
            _ready.Add(segment.Number(_request.Size));
    }

    /// <summary>It is not to be had now. Recovery will stop there, so nothing after it is wanted either.</summary>
    public void Refuse(WalSegmentName segment)
    {
        var number = segment.Number(_request.Size);
        _fetching.Remove(number);
        _end = Math.Min(number, _end ?? ulong.MaxValue);
        _ready.RemoveWhere(ready => ready > _end);
    }

    /// <summary>Recovery has taken it, and with it all before.</summary>
    public void Take(WalSegmentName segment) => Advance(segment.Number(_request.Size) + 1);

    /// <summary>
    /// Recovery says where it is. What the repositories did not give before may be there now.
    /// </summary>
    /// <returns>False if that is somewhere else altogether: what is being fetched is of no use.</returns>
    public bool TryMoveTo(PrefetchRequest request)
    {
        _end = null;
        var number = request.Next.Number(request.Size);
        if (request.Size == _request.Size && request.Next.Timeline == Next.Timeline
            && number >= First && number <= First + Length)
        {
            Advance(number);
            return true;
        }

        _request = request;
        _fetching.Clear();
        _ready.Clear();
        return false;
    }

    private void Advance(ulong number)
    {
        if (number > First)
            _request = _request with { Next = NameOf(number) };
        _ready.RemoveWhere(ready => ready < number);
    }

    private bool InWindow(ulong number) =>
        number >= First && number < Math.Min(First + Length, _end ?? ulong.MaxValue);

    private WalSegmentName NameOf(ulong number) => WalSegmentName.FromNumber(Next.Timeline, number, _request.Size);
}
