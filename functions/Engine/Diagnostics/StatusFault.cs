using Highwater.Engine.Errors;

namespace Highwater.Engine.Diagnostics;

/// <summary>Why something could not be read.</summary>
/// <param name="Code">Of <see cref="ErrorCodes"/>.</param>
/// <param name="WhatHappened">As the operator is to read it.</param>
/// <param name="Remedy">What to do.</param>
public sealed record StatusFault(string Code, string WhatHappened, string Remedy)
{
    internal static StatusFault Of(HighwaterException error) =>
        new(error.Code.Code, error.WhatHappened, error.Remedy);
}
