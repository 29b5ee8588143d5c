using CsCheck;
using Highwater.Engine.Postgres;
using Highwater.Engine.Restore.Prefetch;

namespace Highwater.Engine.Tests.Restore.Prefetch;

public sealed class PrefetchWindowTests
{
    private static readonly WalSegmentSize Size = WalSegmentSize.Default;
    private static readonly PrefetchLimits Limits = new() { MaxSegments = 4, Parallelism = 2 };

    [Theory]
    [InlineData(1, 16)]
    [InlineData(16, 16)]
    [InlineData(64, 4)]
    [InlineData(1024, 1)]
    public void A_window_is_bounded_in_bytes_and_in_segments_but_has_one_at_least(int megabytes, int segments) =>
        Assert.Equal(segments, new PrefetchLimits().SegmentsOf(new WalSegmentSize((long)megabytes << 20)));

    [Fact]
    public void Segments_are_wanted_in_order_across_the_end_of_a_log_and_a_few_at_a_time()
    {
        var window = new PrefetchWindow(Request(0xFE), Limits);
        Assert.Equal(
            ["0000000100000000000000FE", "0000000100000000000000FF"], window.Wanted().Select(s => s.ToString()));

        BeginAll(window);
        Assert.Empty(window.Wanted());
        window.Finish(Segment(0xFE));

        Assert.Equal(["000000010000000100000000"], window.Wanted().Select(s => s.ToString()));
    }

    [Fact]
    public void After_a_refusal_what_comes_before_is_still_served_and_what_comes_after_is_not_kept()
    {
        var window = new PrefetchWindow(Request(1), Limits);
        BeginAll(window);
        window.Finish(Segment(2));
        window.Refuse(Segment(1));
        Assert.False(window.Contains(Segment(2)));
        Assert.True(window.IsExhausted);

        window = new PrefetchWindow(Request(1), Limits);
        BeginAll(window);
        window.Finish(Segment(1));
        window.Refuse(Segment(2));
        Assert.Equal([Segment(1)], window.Ready);
        Assert.Empty(window.Wanted());
        Assert.False(window.IsExhausted);
        window.Take(Segment(1));
        Assert.True(window.IsExhausted);
    }

    [Fact]
    public void Recovery_that_asks_again_has_what_was_refused_tried_again()
    {
        var window = new PrefetchWindow(Request(1), Limits);
        BeginAll(window);
        window.Refuse(Segment(1));
        window.Finish(Segment(2));

        Assert.True(window.TryMoveTo(Request(2)));

        Assert.Equal([Segment(2), Segment(3)], window.Wanted());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(6, 1)]
    [InlineData(1, 2)]
    public void A_move_back_far_ahead_or_to_another_timeline_begins_anew(uint number, uint timeline)
    {
        var window = new PrefetchWindow(Request(1), Limits);
        BeginAll(window);
        window.Finish(Segment(1));

        Assert.False(window.TryMoveTo(Request(number, timeline)));

        Assert.Empty(window.Ready);
        Assert.Equal(Segment(number, timeline), window.Wanted()[0]);
        Assert.False(window.Contains(Segment(number, timeline + 1)));
    }

    /// <summary>Whatever happens in whatever order, bounds hold and nothing lies ready that recovery is past.</summary>
    [Fact]
    public void Its_bounds_hold_whatever_happens() =>
        Gen.Select(Gen.Int[0, 5], Gen.UInt[0, 9]).Array[0, 60].Sample(steps =>
        {
            var window = new PrefetchWindow(Request(1), Limits);
            var fetching = new HashSet<WalSegmentName>();
            foreach (var (step, argument) in steps)
            {
                switch (step)
                {
                    case 0 or 1:
                        foreach (var wanted in window.Wanted())
                        {
                            Assert.True(window.Contains(wanted));
                            Assert.True(fetching.Add(wanted), $"{wanted} was begun twice");
                            window.Begin(wanted);
                        }

                        break;
                    case 2 when fetching.Count > 0:
                        window.Finish(Pop(fetching, argument));
                        break;
                    case 3 when fetching.Count > 0:
                        window.Refuse(Pop(fetching, argument));
                        break;
                    case 4 when window.Ready.Count > 0:
                        window.Take(window.Ready[(int)argument % window.Ready.Count]);
                        break;
                    case 5:
                        if (!window.TryMoveTo(Request(argument)))
                            fetching.Clear();
                        break;
                }

                Assert.InRange(fetching.Count, 0, Limits.Parallelism);
                Assert.InRange(window.Ready.Count, 0, Limits.MaxSegments);
                Assert.All(window.Ready, ready => Assert.True(window.Contains(ready)));
                Assert.Equal(window.Ready.Order(), window.Ready);
                Assert.False(window.Contains(Segment((uint)window.Next.Number(Size) + 4)));
            }
        });

    private static WalSegmentName Pop(HashSet<WalSegmentName> from, uint argument)
    {
        var one = from.Order().ElementAt((int)argument % from.Count);
        from.Remove(one);
        return one;
    }

    private static void BeginAll(PrefetchWindow window)
    {
        foreach (var wanted in window.Wanted())
            window.Begin(wanted);
    }

    private static PrefetchRequest Request(uint number, uint timeline = 1) => new(Segment(number, timeline), Size);

    private static WalSegmentName Segment(uint number, uint timeline = 1) =>
        WalSegmentName.FromNumber(timeline, number, Size);
}
