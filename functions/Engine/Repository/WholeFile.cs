namespace Highwater.Engine.Repository;

/// <summary>Writes a file for recovery to read: whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>
    /// Has the content written under another name beside it, and gives it its name when that has ended without an
    /// error; replaces what is there. Not flushed to the device: recovery asks again after a crash.
    /// </summary>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public static async Task WriteAsync(string destination, Func<FileStream, Task> write)
    {
        var temporary = $"{destination}.{Path.GetRandomFileName()}.tmp";
        try
        {
            await using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            }))
            {
                await write(file);
            }

            File.Move(temporary, destination, overwrite: true);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }
}
