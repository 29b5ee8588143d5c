using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>Tries whether this user can add and remove files in the spool: what a WAL sync has to do there.</summary>
internal static class ProbeSpool
{
    /// <summary>Where WAL is only streamed: whether a segment could be set aside. Makes no folder: that is for the user
    /// who streams.</summary>
    public static SpoolProbe RunQuarantine(string path)
    {
        var spool = new WalSpool(path);
        var folder = spool.QuarantinePath;
        try
        {
            while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
                folder = parent;
            Try(folder);
            return new SpoolProbe(null, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SpoolProbe(StatusFault.Of(spool.CannotSetAside($"{folder}: {e.Message}", e)), null);
        }
    }

    public static SpoolProbe Run(string path)
    {
        var spool = new WalSpool(path);
        try
        {
            Try(path);
            return new SpoolProbe(null, new DriveInfo(path).AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SpoolProbe(
                StatusFault.Of(spool.Unusable($"files cannot be added and removed: {e.Message}", e)), null);
        }
    }

    private static void Try(string folder)
    {
        var probe = Path.Combine(folder, $".check-{Guid.CreateVersion7():N}");
        File.WriteAllBytes(probe, []);
        File.Delete(probe);
    }
}
