namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>
/// What one page must have in common with those before it (XLogReaderValidatePageHeader in
/// access/transam/xlogreader.c).
/// </summary>
/// <param name="first">Of the first page.</param>
/// <param name="newestTimeline">The one the segment is named after: pages may be of an ancestor, not of a
/// descendant.</param>
internal sealed class WalPageOrder(WalPageHeader first, uint newestTimeline)
{
    private uint _timeline;

    /// <summary>The size of every page.</summary>
    public int PageBytes => (int)first.BlockBytes;

    public ulong SegmentBytes => first.SegmentBytes;

    /// <summary>What is wrong with a page, or null.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="page">The whole page.</param>
    /// <param name="address">Where it stands in the log.</param>
    public string? FindFault(in WalPage header, ReadOnlySpan<byte> page, Lsn address)
    {
        if (header.Magic != first.Magic)
            return $"the page has the magic number {header.Magic:X4}, but the first one has {first.Magic:X4}";
        if ((header.Info & ~WalPage.KnownFlags) != 0)
            return $"the page has flags nobody knows ({header.Info:X4})";
        if (header.Address != address)
            return $"the page says it is that of {header.Address}";
        if (header.IsLong != (address.Value % SegmentBytes == 0))
            return "the page has the header of another place in its segment";
        if (header.IsLong && WalPageHeader.TryRead(page, out var own) && own.SystemIdentifier != first.SystemIdentifier)
            return $"the page is of the cluster {own.SystemIdentifier}";
        if (header.Timeline < _timeline || header.Timeline > newestTimeline)
            return $"the page is on timeline {header.Timeline}, between timelines {_timeline} and {newestTimeline}";
        _timeline = header.Timeline;
        return null;
    }
}
