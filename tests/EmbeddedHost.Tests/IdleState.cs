using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost.Tests;

internal static class IdleState
{
    /// <summary>
    /// Whether nothing happens before the clock moves or somebody acts: no activity is on its way, and no instance that
    /// may run has anything in its inbox. What a worker has begun counts until it is written.
    /// </summary>
    public static bool IsIdle(this StateSession session, DateTimeOffset now) => session.Scalar<long>(
        """
        SELECT NOT EXISTS (SELECT 1 FROM activities) AND NOT EXISTS (
            SELECT 1 FROM inbox JOIN instances USING (instance_id) WHERE visible_at <= $now AND status <> 7)
        """,
        ("$now", now)) == 1;
}
