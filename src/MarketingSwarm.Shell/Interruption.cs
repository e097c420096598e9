using System.Runtime.InteropServices;

namespace MarketingSwarm.Shell;

/// <summary>Ctrl+C, or the SIGTERM of a container that is stopped: the first asks the script to stop, a second ends the process.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _requested = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    internal Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Request(context, number: 2));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Request(context, number: 15));
    }

    /// <summary>Cancelled by the first signal.</summary>
    internal CancellationToken Token => _requested.Token;

    /// <summary>What a shell returns for a process that ended by the signal: 130 for Ctrl+C, 143 for SIGTERM.</summary>
    internal int ExitCode { get; private set; }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _requested.Dispose();
    }

    private void Request(PosixSignalContext context, int number)
    {
        if (_requested.IsCancellationRequested) return;
        context.Cancel = true;
        ExitCode = ExitCodes.SignalBase + number;
        _requested.Cancel();
    }
}
