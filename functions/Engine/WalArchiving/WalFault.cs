using Highwater.Engine.Errors;

namespace Highwater.Engine.WalArchiving;

/// <summary>A WAL file that could not go where it should, while others could.</summary>
/// <param name="File">Its name.</param>
/// <param name="Code">Of <see cref="ErrorCodes"/>.</param>
/// <param name="WhatHappened">As the operator is to read it.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="MovedTo">Where the file is now, if it was moved aside.</param>
public sealed record WalFault(string File, string Code, string WhatHappened, string Remedy, string? MovedTo = null)
{
    /// <summary>All of it, for people.</summary>
    public string Describe() =>
        $"{Code}: {WhatHappened}{(MovedTo is null ? "" : $" The file is now {MovedTo}.")}\n  To fix it: {Remedy}";

    internal static WalFault Of(string file, HighwaterException error, string? movedTo = null) =>
        new(file, error.Code.Code, error.WhatHappened, error.Remedy, movedTo);
}
