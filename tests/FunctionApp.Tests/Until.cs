namespace Highwater.FunctionApp.Tests;

/// <summary>Waits for what must come, and fails when it does not.</summary>
public static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<bool> reached) => TrueAsync(() => Task.FromResult(reached()));

    public static async Task TrueAsync(Func<Task<bool>> reached)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await reached())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, "What was waited for did not come.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
