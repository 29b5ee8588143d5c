using CsCheck;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Tests.Repository;

public sealed class BackupIdTests
{
    private static readonly Gen<DateTimeOffset> Instants =
        Gen.Long[0, 4_000_000_000].Select(DateTimeOffset.FromUnixTimeSeconds);

    [Fact]
    public void An_id_survives_its_text() =>
        Gen.Select(Instants, Gen.Int[0, 20]).Sample((instant, earlier) =>
        {
            var taken = new List<BackupId>();
            for (var i = 0; i < earlier; i++)
                taken.Add(BackupId.New(instant, taken));
            var id = BackupId.New(instant, taken);
            Assert.DoesNotContain(id, taken);
            Assert.Equal(id, BackupId.Parse(id.ToString()));
            Assert.Equal(id, RepositoryLayout.BackupOfCommit(RepositoryLayout.BackupCommit(id)));
        });

    [Fact]
    public void Ids_sort_by_start_time_even_past_ten_ties() =>
        Instants.Sample(instant =>
        {
            var taken = new List<BackupId>();
            for (var i = 0; i < 12; i++)
                taken.Add(BackupId.New(instant, taken));
            taken.Add(BackupId.New(instant.AddSeconds(1), taken));
            Assert.Equal(taken, taken.AsEnumerable().Reverse().Order());
        });

    [Theory]
    [InlineData("")]
    [InlineData("20261122T020000")]
    [InlineData("20261322T020000Z")]
    [InlineData("20261122T020000Z-1")]
    [InlineData("20261122T020000Z-02")]
    [InlineData("20261122T020000Z\n")]
    [InlineData("../20261122T020000Z")]
    public void Nothing_else_is_an_id(string text) => Assert.False(BackupId.TryParse(text, out _));
}
