namespace Highwater.Engine.Storage.Local;

/// <summary>The error numbers of Linux that decide what happens next (errno(3), asm-generic/errno.h).</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Denied = 13;
    public const int Exists = 17;
    public const int InvalidArgument = 22;
    public const int TooLarge = 27;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;
    public const int TooManyLinks = 31;
    public const int NoSuchCall = 38;
    public const int NotSupported = 95;
    public const int QuotaExceeded = 122;
}
