namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>
/// Runs an orchestration's continuations on one thread, in order. Whatever arrives from another thread did not come
/// from a durable task, and would not come again on replay: it is refused and remembered.
/// </summary>
internal sealed class EpisodePump : SynchronizationContext
{
    private const string InvalidInvocation =
        "An invalid asynchronous invocation was detected. This can be caused by awaiting non-durable tasks in an "
        + "orchestrator function's implementation or by middleware that invokes asynchronous code.";

    private readonly Queue<(SendOrPostCallback Callback, object? State)> _work = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile bool _closed;
    private volatile bool _left;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!IsInside)
        {
            _left = true;
            return;
        }

        _work.Enqueue((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        EnsureInside();
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs until there is nothing more to run.</summary>
    /// <exception cref="InvalidOperationException">A continuation came from another thread.</exception>
    public void Drain()
    {
        while (_work.TryDequeue(out var item))
        {
            item.Callback(item.State);
        }

        if (_left)
        {
            throw InvalidInvocationError();
        }
    }

    /// <exception cref="InvalidOperationException">The caller is not on the orchestration's thread.</exception>
    public void EnsureInside()
    {
        if (!IsInside)
        {
            _left = true;
            throw InvalidInvocationError();
        }
    }

    public void Close() => _closed = true;

    public static InvalidOperationException InvalidInvocationError() => new(InvalidInvocation);

    private bool IsInside => !_closed && Environment.CurrentManagedThreadId == _thread;
}
