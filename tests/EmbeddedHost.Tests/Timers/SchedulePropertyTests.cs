using CsCheck;

namespace Highwater.EmbeddedHost.Tests.Timers;

public class SchedulePropertyTests
{
    private static readonly Gen<TimeZoneInfo>[] Zones =
    [
        Gen.Const(TestZones.Berlin), Gen.Const(TestZones.NewYork), Gen.Const(TestZones.LordHowe),
        Gen.Const(TestZones.Havana),
    ];

    private static readonly Gen<string>[] Changes =
    [
        Gen.Const("2026-03-08"), Gen.Const("2026-03-29"), Gen.Const("2026-04-05"), Gen.Const("2026-10-04"),
        Gen.Const("2026-10-25"), Gen.Const("2026-11-01"),
    ];

    private static readonly Gen<(TimeZoneInfo Zone, DateTimeOffset After)> AroundChanges = Gen.Select(
        Gen.OneOf(Zones),
        Gen.OneOf(Changes),
        Gen.Int[-36 * 3600, 36 * 3600],
        (zone, day, seconds) => (zone, Schedules.At(day + "T00:00:00Z").AddSeconds(seconds)));

    [Fact]
    public void The_next_occurrence_is_later_than_now_and_skips_none() =>
        Gen.Select(RandomSchedule.Any, AroundChanges).Sample(
            (random, around) =>
            {
                var (zone, after) = around;
                var end = after.AddHours(30);

                var next = Schedules.Parse(random.Text, zone).Next(after);

                Assert.True(next > after, $"{next:u} is not after {after:u}");
                if (random.FirstAfter(after, end, zone) is { } expected)
                {
                    Assert.Equal(expected, next);
                }
                else
                {
                    Assert.True(next >= end, $"{next:u} is not an occurrence");
                }
            },
            iter: 2000);

    [Fact]
    public void Whatever_moment_before_an_occurrence_one_asks_at_it_is_the_same_one() =>
        Gen.Select(RandomSchedule.Any, AroundChanges, Gen.Double[0, 1]).Sample(
            (random, around, part) =>
            {
                var schedule = Schedules.Parse(random.Text, around.Zone);
                var next = schedule.Next(around.After);
                var between = around.After + ((next - around.After) * part * 0.999_999);

                Assert.Equal(next, schedule.Next(between));
            },
            iter: 2000);
}
