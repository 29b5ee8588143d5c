using System.Text.Json;

namespace Highwater.Engine.Postgres;

/// <summary>The pieces of a manifest, taken from JSON that arrives in parts. Unknown keys are passed over.</summary>
internal sealed class ManifestParser(Action<ManifestFile>? onFile)
{
    private JsonReaderState _state;
    private string? _key;
    private bool _inFiles;
    private int _version;
    private SystemIdentifier? _systemIdentifier;
    private long _fileCount;
    private IReadOnlyList<ManifestWalRange>? _walRanges;
    private bool _ended;

    /// <summary>"Manifest-Checksum"; null while it has not come.</summary>
    public string? Checksum { get; private set; }

    /// <returns>How many bytes are done with; the others must be there again next time, with more after them.</returns>
    /// <exception cref="JsonException">Not JSON, or not this JSON.</exception>
    public int Parse(ReadOnlySpan<byte> bytes, bool isFinal)
    {
        var reader = new Utf8JsonReader(bytes, isFinal, _state);
        while (true)
        {
            var before = reader;
            if (!reader.Read() || !TryTake(ref reader))
            {
                reader = before; // The value is not here in full.
                break;
            }
        }

        _state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }

    /// <exception cref="FormatException">Something every manifest has is missing.</exception>
    public BackupManifest Finish()
    {
        if (!_ended || _version is not (1 or 2) || _walRanges is not { Count: > 0 } || Checksum is null)
            throw new FormatException($"it is cut off or of an unknown version ({_version})");
        return new BackupManifest(_version, _systemIdentifier, _fileCount, _walRanges);
    }

    private bool TryTake(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            _key = reader.GetString();
            return true;
        }

        if (reader.CurrentDepth == 0)
        {
            _ended = reader.TokenType == JsonTokenType.EndObject;
            if (!_ended && reader.TokenType != JsonTokenType.StartObject)
                throw new JsonException("it is not an object");
            return true;
        }

        return _inFiles ? TryTakeFile(ref reader) : TryTakeValue(ref reader);
    }

    private bool TryTakeFile(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _inFiles = false;
            return true;
        }

        if (!TryRead<ManifestFile>(ref reader, out var file))
            return false;
        if (file.PlainPath is null && file.EncodedPath is null)
            throw new JsonException("a file has no path");
        _fileCount++;
        onFile?.Invoke(file);
        return true;
    }

    private bool TryTakeValue(ref Utf8JsonReader reader)
    {
        switch (_key)
        {
            case "Files" when reader.TokenType == JsonTokenType.StartArray:
                _inFiles = true;
                return true;
            case "PostgreSQL-Backup-Manifest-Version":
                _version = reader.GetInt32();
                return true;
            case "System-Identifier":
                _systemIdentifier = new SystemIdentifier(reader.GetUInt64());
                return true;
            case "Manifest-Checksum":
                Checksum = reader.GetString();
                return true;
            case "WAL-Ranges":
                var complete = TryRead<List<ManifestWalRange>>(ref reader, out var ranges);
                _walRanges = complete ? ranges : _walRanges;
                return complete;
            default:
                return reader.TrySkip();
        }
    }

    /// <summary>Deserialising needs the whole value; a copy of the reader finds out whether it is here.</summary>
    private static bool TryRead<T>(ref Utf8JsonReader reader, out T value)
    {
        var probe = reader;
        value = default!;
        if (!probe.TrySkip())
            return false;
        value = JsonSerializer.Deserialize<T>(ref reader) ?? throw new JsonException("a value is null");
        return true;
    }
}
