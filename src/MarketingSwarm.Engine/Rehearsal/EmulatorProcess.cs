using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MarketingSwarm.Engine.Rehearsal;

/// <summary>An emulator that this process started. It stops, and its servers with it, when this is disposed of or this process ends in any way.</summary>
internal sealed class EmulatorProcess : IDisposable
{
    private const string ProgramName = "MarketingSwarm.Emulator.dll";
    private const string Announcement = "Listening on ";

    /// <summary>The exit code of the emulator where PostgreSQL's programs are missing.</summary>
    private const int ProgramsMissing = 3;

    private const int LinesKept = 20;

    // Its state may have many instances, each of which is started before the emulator answers.
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Queue<string> _said = [];

    private EmulatorProcess(Process process) => _process = process;

    internal EmulatorRecord Record { get; private set; } = null!;

    /// <summary>Starts an emulator and waits until it listens.</summary>
    /// <exception cref="SwarmException">A program is missing, or the emulator ended or did not listen in time.</exception>
    internal static async Task<EmulatorProcess> StartAsync(EmulatorOptions options, CancellationToken cancellationToken)
    {
        var program = Path.Combine(options.ProgramFolder, ProgramName);
        if (!File.Exists(program)) throw Errors.EmulatorFilesMissing(program);

        string[] arguments =
        [
            program, "--port", options.Port.ToString(CultureInfo.InvariantCulture), "--state", options.StateFolder, "--token-file", EmulatorRecord.GetTokenFile(options.StateFolder),
            "--stop-with-input", .. options.Faults.SelectMany(fault => (string[])["--fault", fault]),
        ];
        var start = new ProcessStartInfo(DotnetHost.Find(Environment.GetEnvironmentVariable), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            // Windows: a console of its own, or Ctrl+C at the prompt would end it.
            CreateNoWindow = true,
            WorkingDirectory = options.ProgramFolder,
        };
        // What ASP.NET Core reads of the user's own settings is not for this process.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Kestrel__", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);

        var emulator = new EmulatorProcess(Process.Start(start)!);
        try
        {
            await emulator.WaitUntilItListensAsync(options, cancellationToken).ConfigureAwait(false);
            return emulator;
        }
        catch
        {
            emulator.Abandon();
            throw;
        }
    }

    /// <summary>Waits until it has ended.</summary>
    internal Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Has the emulator stop; does not wait for it.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }

        Record.Delete();
    }

    private async Task WaitUntilItListensAsync(EmulatorOptions options, CancellationToken cancellationToken)
    {
        // Its log is read to the end, or the emulator would wait for somebody to read it.
        _process.ErrorDataReceived += (_, data) => Keep(data.Data);
        _process.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        string? line;
        try
        {
            line = await _process.StandardOutput.ReadLineAsync(limit.Token).ConfigureAwait(false);
            if (line is null) await _process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Errors.EmulatorStartTimedOut(options.StateFolder, StartLimit, GetSaid());
        }

        if (line is null)
            throw _process.ExitCode == ProgramsMissing
                ? Errors.EmulatorPostgresMissing(options.StateFolder, GetSaid())
                : Errors.EmulatorNotStarted(options.StateFolder, _process.ExitCode, GetSaid());
        if (!line.StartsWith(Announcement, StringComparison.Ordinal)) throw Errors.EmulatorNotStarted(options.StateFolder, 0, line);
        Record = new EmulatorRecord(options.StateFolder, line[Announcement.Length..].TrimEnd('/') + "/", options.Project, _process.Id, _process.StartTime.ToUniversalTime());
        Record.Write();
    }

    private void Abandon()
    {
        try
        {
            // What it may have started by then it finds again at its next start.
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_said)
        {
            if (_said.Count == LinesKept) _said.Dequeue();
            _said.Enqueue(line);
        }
    }

    private string GetSaid()
    {
        lock (_said) return string.Join('\n', _said).Trim();
    }
}
