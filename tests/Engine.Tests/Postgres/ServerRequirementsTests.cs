using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Tests.Postgres;

public sealed class ServerRequirementsTests
{
    private static readonly PostgresOptions Server = new("localhost", 5432, "postgres", "highwater", null);

    private static readonly ServerFacts Good = new(
        new SystemIdentifier(7), 150_018, WalSegmentSize.Default, Timeline: 1, new Lsn(1), InRecovery: false, "/data",
        DataChecksums: true, "replica", MaxWalSenders: 10, ArchiveMode: "on", ArchiveCommand: "archive-wal", "",
        TimeSpan.Zero, DatabaseBytes: 1, new ServerRole(true, true, true), new(0, null, null, 0, null, null), []);

    public static TheoryData<string, ServerFacts> Faulty => new()
    {
        { "HW204", Good with { VersionNumber = 120_022 } },
        { "HW203", Good with { Role = new ServerRole(false, true, true) } },
        { "HW203", Good with { Role = new ServerRole(true, false, true) } },
        { "HW205", Good with { ArchiveMode = "off" } },
        { "HW205", Good with { ArchiveCommand = "" } },
        { "HW205", Good with { InRecovery = true } },
        { "HW205", Good with { WalLevel = "minimal" } },
        { "HW209", Good with { MaxWalSenders = 0 } },
    };

    public static TheoryData<ServerFacts> Fine => new()
    {
        Good,
        Good with { VersionNumber = 130_000 },
        Good with { ArchiveCommand = "", ArchiveLibrary = "basic_archive" },
        Good with { InRecovery = true, ArchiveMode = "always" },
        Good with { Role = new ServerRole(true, true, MaySwitchWal: false) },
    };

    [Theory, MemberData(nameof(Faulty))]
    public void Each_fault_alone_is_found(string code, ServerFacts facts) =>
        Assert.Equal(code, Assert.Single(ServerRequirements.FindUnmet(facts, Server)).Code.Code);

    [Theory, MemberData(nameof(Fine))]
    public void A_good_server_meets_every_requirement(ServerFacts facts) =>
        Assert.Empty(ServerRequirements.FindUnmet(facts, Server));

    [Fact]
    public void Several_faults_become_one_error_with_every_remedy()
    {
        var unmet = ServerRequirements.FindUnmet(
            Good with { MaxWalSenders = 0, ArchiveMode = "off", Role = new ServerRole(false, false, false) }, Server);
        var combined = ServerRequirements.Combine(unmet);
        Assert.Equal(4, unmet.Count);
        Assert.Equal(unmet[0].Code, combined.Code);
        Assert.All(unmet, e => Assert.Contains(e.Remedy, combined.Remedy, StringComparison.Ordinal));
        Assert.IsNotType<TransientException>(combined);
    }
}
