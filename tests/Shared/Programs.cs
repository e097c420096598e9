using System.Diagnostics;
using System.Text;

namespace MarketingSwarm.Testing;

/// <summary>What a program did.</summary>
public sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    /// <summary>The output's lines, without the last line's end.</summary>
    public IReadOnlyList<string> Lines => Output.Length == 0 ? [] : Output.TrimEnd('\n').Split('\n');
}

/// <summary>Programs of this machine: the tests' independent witnesses.</summary>
public static class Programs
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The full path of a program in PATH, or in one of the other folders; null when there is none.</summary>
    public static string? Find(string name, params IEnumerable<string> otherFolders)
    {
        var file = OperatingSystem.IsWindows() ? name + ".exe" : name;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.Concat(otherFolders).Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="TimeoutException">It took longer than the limit, and was killed.</exception>
    public static ProgramResult Run(
        string program, IEnumerable<string> arguments, string? input = null,
        IEnumerable<KeyValuePair<string, string?>>? environment = null, string? workingFolder = null, TimeSpan? limit = null)
        => RunAsync(program, arguments, input, environment, workingFolder, limit).GetAwaiter().GetResult();

    /// <inheritdoc cref="Run"/>
    public static async Task<ProgramResult> RunAsync(
        string program, IEnumerable<string> arguments, string? input = null,
        IEnumerable<KeyValuePair<string, string?>>? environment = null, string? workingFolder = null, TimeSpan? limit = null)
    {
        using var process = Start(program, arguments, environment, workingFolder);
        using var timeout = new CancellationTokenSource(limit ?? TimeSpan.FromMinutes(5));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), timeout.Token);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended before it read everything: its exit code and its error text say why.
        }

        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{program}' did not end in time. Its error output: {await error}");
        }

        return new ProgramResult(process.ExitCode, await output, await error);
    }

    /// <summary>Starts a program with all three streams redirected, as UTF-8.</summary>
    public static Process Start(
        string program, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string?>>? environment = null, string? workingFolder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Utf8,
            StandardOutputEncoding = Utf8,
            StandardErrorEncoding = Utf8,
            WorkingDirectory = workingFolder ?? "",
        };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
