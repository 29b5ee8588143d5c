namespace Highwater.Engine.Errors;

/// <summary>
/// An error an operator can act on: a stable code, what happened, and what to do. Trying again changes nothing until
/// somebody acts; what may pass by itself is a <see cref="TransientException"/>. The choice is made where the error is
/// thrown.
/// </summary>
public class HighwaterException : Exception
{
    /// <param name="code">One of <see cref="ErrorCodes"/>.</param>
    /// <param name="whatHappened">One or two full sentences with the names and values concerned. Never a
    /// secret.</param>
    /// <param name="remedy">What to do: a command, an SQL statement, a setting with a valid example.</param>
    /// <param name="inner">The cause, if an exception was.</param>
    public HighwaterException(ErrorCode code, string whatHappened, string remedy, Exception? inner = null)
        : base($"{code.Code}: {whatHappened}\n  To fix it: {remedy}", inner)
    {
        Code = code;
        WhatHappened = whatHappened;
        Remedy = remedy;
    }

    public ErrorCode Code { get; }

    public string WhatHappened { get; }

    public string Remedy { get; }
}
