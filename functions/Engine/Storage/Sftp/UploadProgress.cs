using Renci.SshNet;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// Takes every acknowledgement of the server as a sign of life. (Progress&lt;T&gt; would post each to the thread pool.)
/// </summary>
internal sealed class UploadProgress(Action alive) : IProgress<UploadFileProgressReport>
{
    public void Report(UploadFileProgressReport value) => alive();
}
