using System.Diagnostics;

namespace MarketingSwarm.Testing;

/// <summary>A Python script that runs beside a test: the application, or another program that has the same database open.</summary>
public sealed class RunningPython : IDisposable
{
    private readonly Process _process;

    private RunningPython(Process process) => _process = process;

    /// <summary>Starts a script, which has sqlite3, sys and time imported and its arguments in sys.argv[1:], and waits until it prints "ready".</summary>
    public static RunningPython Start(string script, params IEnumerable<string> arguments)
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "sqlite3"));
        Assert.SkipWhen(python is null, "No python3 with its sqlite3 module was found.");
        var running = new RunningPython(Programs.Start(python!, ["-u", "-c", "import sqlite3, sys, time\n" + script, .. arguments]));
        try
        {
            Assert.Equal("ready", running.ReadLine());
            return running;
        }
        catch
        {
            running.Dispose();
            throw;
        }
    }

    /// <summary>The next line that the script prints.</summary>
    public string ReadLine()
        => _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"The script ended: {_process.StandardError.ReadToEnd()}");

    /// <summary>Gives the script a line to read.</summary>
    public void Send(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>Ends the script's input, waits for its end and gives the lines that it printed since.</summary>
    public IReadOnlyList<string> Finish()
    {
        _process.StandardInput.Close();
        var output = _process.StandardOutput.ReadToEnd();
        var error = _process.StandardError.ReadToEnd();
        _process.WaitForExit();
        Assert.True(_process.ExitCode == 0, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
