using System.Runtime.InteropServices;

namespace Highwater.Cli.Commands;

/// <summary>
/// SIGTERM and SIGINT: the first asks for a clean stop, the second ends the process at once. Child processes end with
/// it: the kernel kills them.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Action<string> _stopping;
    private readonly Action<string> _endingAtOnce;
    private readonly PosixSignalRegistration[] _registrations;
    private int _received;

    /// <param name="stopping">Called with the name of the first signal.</param>
    /// <param name="endingAtOnce">Called with the name of the second.</param>
    public StopSignals(Action<string> stopping, Action<string> endingAtOnce)
    {
        (_stopping, _endingAtOnce) = (stopping, endingAtOnce);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Receive(context, "SIGTERM", 15)),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Receive(context, "SIGINT", 2)),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    private void Receive(PosixSignalContext context, string name, int number)
    {
        // Without this the runtime ends the process by itself.
        context.Cancel = true;
        if (Interlocked.Increment(ref _received) == 1)
        {
            _stopping(name);
            _stop.Cancel();
            return;
        }

        _endingAtOnce(name);

        // As shells report a process that a signal ended.
        Environment.Exit(128 + number);
    }
}
