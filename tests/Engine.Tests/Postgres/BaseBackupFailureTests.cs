using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Tests.Postgres;

public sealed class BaseBackupFailureTests
{
    private const string Failed = "pg_basebackup: error: connection to server at \"10.0.0.7\", port 5432 failed: ";
    private static readonly PostgresOptions Server = new("db.example", 5432, "postgres", "highwater", "h1dden");

    /// <summary>Messages as PostgreSQL 13 to 17 write them.</summary>
    public static TheoryData<string, string, bool> Messages => new()
    {
        { Failed + "Connection refused", "HW201", true },
        { Failed + "FATAL:  the database system is starting up", "HW201", true },
        { "pg_basebackup: error: could not translate host name \"db.example\" to address", "HW201", true },
        { "pg_basebackup: error: could not read COPY data: server closed the connection unexpectedly", "HW201", true },
        { Failed + "FATAL:  password authentication failed for user \"highwater\"", "HW202", false },
        { Failed + "fe_sendauth: no password supplied", "HW202", false },
        { Failed + "FATAL:  role \"highwater\" does not exist", "HW202", false },
        { Failed + "FATAL:  no pg_hba.conf entry for replication connection from host \"10.1.2.3\"", "HW202", false },
        { Failed + "FATAL:  must be superuser or replication role to start walsender", "HW203", false },
        { Failed + "FATAL:  permission denied to start WAL sender", "HW203", false },
        { Failed + "FATAL:  number of requested standby connections exceeds max_wal_senders", "HW209", true },
        { Failed + "FATAL:  sorry, too many clients already", "HW209", true },
        { "pg_basebackup: error: checksum error occurred", "HW206", false },
        { "pg_basebackup: error: can only write single tablespace to stdout, database has 2", "HW206", true },
        { "pg_basebackup: error: could not write to file \"base.tar\": No space left on device", "HW206", true },
        { "pg_basebackup: error: something new", "HW206", false },
    };

    [Theory, MemberData(nameof(Messages))]
    public void What_it_printed_becomes_a_named_error(string message, string code, bool transient)
    {
        var error = BaseBackupFailure.Explain(Server, 1, [message]);
        Assert.Equal(code, error.Code.Code);
        Assert.Equal(transient, error is TransientException);
        Assert.NotEmpty(error.Remedy);
        Assert.DoesNotContain("h1dden", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_line_for_pg_hba_names_the_address_the_server_saw() => Assert.Contains(
        "`host  replication  highwater  10.1.2.3/32  scram-sha-256`",
        BaseBackupFailure.Explain(
            Server, 1, ["FATAL:  no pg_hba.conf entry for replication connection from host \"10.1.2.3\""]).Remedy,
        StringComparison.Ordinal);

    [Fact]
    public void A_tool_that_prints_nothing_still_says_its_exit_code() => Assert.Contains(
        "137", BaseBackupFailure.Explain(Server, 137, []).WhatHappened, StringComparison.Ordinal);

    [Theory]
    [InlineData("estimating backup size")]
    [InlineData("streaming database files")]
    public void Silence_names_the_phase(string phase) => Assert.Contains(
        phase,
        BaseBackupFailure.Silent(Server, TimeSpan.FromMinutes(10), new BackupProgress(phase, 5, null)).WhatHappened,
        StringComparison.Ordinal);
}
