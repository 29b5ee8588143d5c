using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost.Tests.State;

public sealed class SchemaMigrationsTests : IDisposable
{
    private readonly StateFolder _folder = new();

    [Fact]
    public void A_database_of_the_first_version_is_copied_and_goes_on_with_all_it_held()
    {
        MakeFirstVersion();

        using (var database = _folder.Open())
        {
            Assert.Equal(["old"], StateFolder.InstancesIn(database));
            Assert.Equal(Schema.Version, VersionIn(database));
            Assert.Equal(2, database.Read(session => session.Scalar<long>("PRAGMA auto_vacuum")));
        }

        Assert.Equal([_folder.Files.CopyBefore(Schema.Version)], Backups());
        File.Move(_folder.Files.CopyBefore(Schema.Version), _folder.Database, overwrite: true);
        using var restored = StateSession.Open(_folder.Database);
        Assert.Equal(1L, restored.Scalar<long>("SELECT max(version) FROM schema_version"));
        Assert.Equal("old", restored.Scalar<string>("SELECT instance_id FROM instances"));
    }

    [Fact]
    public void A_new_database_and_one_that_is_up_to_date_are_not_copied()
    {
        _folder.Fill(1);
        using var again = _folder.Open();

        Assert.Empty(Backups());
    }

    [Fact]
    public void Only_the_newest_copies_are_kept()
    {
        foreach (var version in Enumerable.Range(2, 10))
        {
            File.WriteAllText(_folder.Files.CopyBefore(version), "a copy");
        }

        _folder.Files.KeepNewestCopies();

        Assert.Equal(
            Enumerable.Range(9, 3).Select(_folder.Files.CopyBefore).Order(StringComparer.Ordinal),
            Backups().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_copy_that_was_not_finished_is_made_again()
    {
        MakeFirstVersion();
        File.WriteAllText(_folder.Files.CopyBefore(Schema.Version) + ".new", "half a copy");

        using var database = _folder.Open();

        Assert.Equal([_folder.Files.CopyBefore(Schema.Version)], Backups());
    }

    [Fact]
    public void A_database_of_a_newer_program_is_refused_and_left_as_it_is()
    {
        _folder.Fill(1);
        using (var session = StateSession.Open(_folder.Database))
        {
            session.Execute("INSERT INTO schema_version (version) VALUES (99)");
        }

        var before = File.ReadAllBytes(_folder.Database);

        var refused = Assert.Throws<StateUnusableException>(_folder.Open);

        Assert.Contains("version 99", refused.Message, StringComparison.Ordinal);
        Assert.Contains("newer", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_folder.Database));
        Assert.Empty(_folder.SetAside);
    }

    [Fact]
    public void What_an_operator_added_to_the_schema_is_let_be()
    {
        _folder.Fill(1);
        using (var session = StateSession.Open(_folder.Database))
        {
            session.Execute("CREATE INDEX by_name ON instances (name)");
        }

        using var database = _folder.Open();

        Assert.Equal(["i00000"], StateFolder.InstancesIn(database));
    }

    public void Dispose() => _folder.Dispose();

    private void MakeFirstVersion()
    {
        using var session = StateSession.Open(_folder.Database);
        session.Execute("CREATE TABLE schema_version (version INTEGER NOT NULL)");
        SchemaMigrations.Take(session, 1);
        StateFolder.AddInstance(session, "old", 100);
    }

    private string[] Backups() => Directory.GetFiles(_folder.Path, "state.db.before-*");

    private static long VersionIn(StateDatabase database) =>
        database.Read(session => session.Scalar<long>("SELECT max(version) FROM schema_version"));
}
