using Highwater.Engine.Errors;

namespace Highwater.Engine.Tests.Errors;

public sealed class ErrorCodesTests
{
    [Fact]
    public void An_error_keeps_its_code_and_remedy_through_the_text_of_an_orchestration()
    {
        var thrown = new HighwaterException(ErrorCodes.StorageFull, "The disk is full.", "free 3 GiB");
        var text = "Microsoft.DurableTask.TaskFailedException: Task 'TakeBaseBackup' (#2) failed with an "
            + "unhandled exception: "
            + thrown.Message;

        var parsed = ErrorCodes.Parse(text);

        Assert.NotNull(parsed);
        var again = HighwaterException.From(parsed);
        Assert.Equal(thrown.Message, again.Message);
        Assert.Equal(thrown.Code, again.Code);
        Assert.Equal(thrown.WhatHappened, again.WhatHappened);
        Assert.Equal(thrown.Remedy, again.Remedy);
    }

    [Fact]
    public void A_text_without_a_code_is_no_error_of_ours() => Assert.Null(ErrorCodes.Parse("System.Exception: boom"));

    [Fact]
    public void No_code_and_no_name_is_used_twice()
    {
        Assert.Equal(ErrorCodes.All.Count, ErrorCodes.All.Select(code => code.Code).Distinct().Count());
        Assert.Equal(ErrorCodes.All.Count, ErrorCodes.All.Select(code => code.Name).Distinct().Count());
    }
}
