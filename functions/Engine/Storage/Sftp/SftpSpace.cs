using Renci.SshNet;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// Room on the server's file system, by OpenSSH's extension statvfs@openssh.com. Null where the server lacks it.
/// </summary>
internal readonly record struct SftpSpace(long? Free, long? Total)
{
    public static async Task<SftpSpace> ReadAsync(SftpClient client, string path, CancellationToken cancellationToken)
    {
        try
        {
            var space = await client.GetStatusAsync(path, cancellationToken);

            // statvfs(3): blocks are counted in units of f_frsize, which SSH.NET calls BlockSize.
            return new SftpSpace(
                (long)(space.AvailableBlocks * space.BlockSize), (long)(space.TotalBlocks * space.BlockSize));
        }
        catch (Exception fault) when (fault is NotSupportedException
            || (fault is SftpException and not (SftpPathNotFoundException or SftpPermissionDeniedException)))
        {
            return default;
        }
    }
}
