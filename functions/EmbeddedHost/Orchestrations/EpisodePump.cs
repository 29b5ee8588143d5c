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
    private readonly List<CancellationTokenRegistration> _registrations = [];
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

    /// <summary>
    /// Runs the action when the code cancels the token. A token that outlives this run must not keep hold of it, nor
    /// may one that is cancelled from elsewhere reach into it.
    /// </summary>
    public void OnCancelled(Action action, CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            _registrations.Add(token.Register(RunInside, useSynchronizationContext: false));
        }

        void RunInside()
        {
            if (IsInside)
            {
                action();
            }
            else
            {
                _left = true;
            }
        }
    }

    public void Close()
    {
        _closed = true;
        _registrations.ForEach(registration => registration.Dispose());
    }

    public static InvalidOperationException InvalidInvocationError() => new(InvalidInvocation);

    private bool IsInside => !_closed && Environment.CurrentManagedThreadId == _thread;
}
