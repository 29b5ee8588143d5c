using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>Tries whether this user can add and remove files in the spool: what a WAL sync has to do there.</summary>
internal static class ProbeSpool
{
    public static SpoolProbe Run(string path)
    {
        var spool = new WalSpool(path);
        try
        {
            var probe = Path.Combine(path, $".check-{Guid.CreateVersion7():N}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return new SpoolProbe(null, new DriveInfo(path).AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SpoolProbe(
                StatusFault.Of(spool.Unusable($"files cannot be added and removed: {e.Message}", e)), null);
        }
    }
}
