namespace Highwater.Engine.Repository;

/// <summary>What an entry of a file list is.</summary>
public enum FileType
{
    File,
    Directory,
    Symlink,
}
