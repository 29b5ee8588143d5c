using System.Text.Json;

namespace Highwater.Engine.Verification;

/// <summary>Reads JSON of any length in bounded memory.</summary>
internal static class JsonCheck
{
    private const int FirstBufferBytes = 1 << 16;

    /// <summary>Says why a stream is not one JSON document, or null if it is.</summary>
    public static async Task<string?> FindFaultAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[FirstBufferBytes];
        var filled = 0;
        var state = new JsonReaderState();
        try
        {
            for (var ended = false; !ended;)
            {
                if (filled == buffer.Length)
                    Array.Resize(ref buffer, buffer.Length * 2);
                var count = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
                ended = count == 0;
                filled += count;
                var consumed = Scan(buffer.AsSpan(0, filled), ended, ref state);
                buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
                filled -= consumed;
            }
        }
        catch (JsonException e)
        {
            return e.Message;
        }

        return null;
    }

    private static int Scan(ReadOnlySpan<byte> bytes, bool ended, ref JsonReaderState state)
    {
        var reader = new Utf8JsonReader(bytes, ended, state);
        while (reader.Read())
        {
            // Every token is looked at by the reader itself.
        }

        state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }
}
