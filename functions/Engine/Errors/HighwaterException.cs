namespace Highwater.Engine.Errors;

/// <summary>
/// An error an operator can act on: a stable code, what happened, and what to do. Trying again changes nothing until
/// somebody acts; what may pass by itself is a <see cref="TransientException"/>. The choice is made where the error is
/// thrown.
/// </summary>
public class HighwaterException : Exception
{
    private const string RemedyMark = "\n  To fix it: ";

    /// <param name="code">One of <see cref="ErrorCodes"/>.</param>
    /// <param name="whatHappened">One or two full sentences with the names and values concerned. Never a
    /// secret.</param>
    /// <param name="remedy">What to do: a command, an SQL statement, a setting with a valid example.</param>
    /// <param name="inner">The cause, if an exception was.</param>
    public HighwaterException(ErrorCode code, string whatHappened, string remedy, Exception? inner = null)
        : base($"{code.Code}: {whatHappened}{RemedyMark}{remedy}", inner)
    {
        Code = code;
        WhatHappened = whatHappened;
        Remedy = remedy;
    }

    private HighwaterException(ErrorCode code, string text)
        : base(text)
    {
        Code = code;
        var remedy = text.IndexOf(RemedyMark, StringComparison.Ordinal);
        WhatHappened = text[(code.Code.Length + 2)..(remedy < 0 ? text.Length : remedy)];
        Remedy = remedy < 0 ? "" : text[(remedy + RemedyMark.Length)..];
    }

    public ErrorCode Code { get; }

    public string WhatHappened { get; }

    public string Remedy { get; }

    /// <summary>The error that a text found by <see cref="ErrorCodes.Parse"/> describes.</summary>
    public static HighwaterException From(ParsedError error) => new(error.Code, error.Text);
}
