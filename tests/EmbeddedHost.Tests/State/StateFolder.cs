using Highwater.EmbeddedHost.State;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Tests.State;

/// <summary>A temporary state directory, and ways to look at its database without a host.</summary>
internal sealed class StateFolder : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    private readonly ILoggerFactory _loggers;

    public StateFolder() => _loggers = LoggerFactory.Create(logging => logging.AddProvider(Log));

    public string Path { get; } = Directory.CreateTempSubdirectory("highwater-state-").FullName;

    public string Database => System.IO.Path.Combine(Path, "state.db");

    public StateFiles Files => new(Path);

    public LogEvents Log { get; } = new();

    public string[] SetAside => [.. Directory.GetFiles(Path, "state.db.corrupt-*").Order()];

    public StateDatabase Open()
    {
        var database = new StateDatabase(TimeProvider.System, _loggers.CreateLogger<StateDatabase>());
        database.Open(Path);
        return database;
    }

    /// <summary>Makes a database that holds instances with some history, and closes it.</summary>
    public void Fill(int instances, int dataLength = 100)
    {
        using var database = Open();
        database.Write(CommitKind.Start, "all", session =>
        {
            for (var i = 0; i < instances; i++)
            {
                AddInstance(session, $"i{i:D5}", dataLength);
            }
        });
    }

    public static void AddInstance(StateDatabase database, string id, int dataLength = 100) =>
        database.Write(CommitKind.Start, id, session => AddInstance(session, id, dataLength));

    public static void AddInstance(StateSession session, string id, int dataLength)
    {
        session.AddInstance(new InstanceRow(id, "e", "Main") { CreatedAt = Now, UpdatedAt = Now });
        session.AppendHistory(
            id, new HistoryEvent(EventKind.ExecutionStarted, Now) { Data = new string('x', dataLength) });
        session.Post(id, new HistoryEvent(EventKind.EventRaised, Now) { Name = "go" });
        session.AddActivity(id, "e", new HistoryEvent(EventKind.ActivityScheduled, Now) { TaskId = 0, Name = "Work" });
    }

    public static List<string> InstancesIn(StateDatabase database) => database.Read(session => session.Query(
        "SELECT instance_id FROM instances ORDER BY instance_id", reader => reader.GetString(0)));

    public void Dispose()
    {
        _loggers.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
