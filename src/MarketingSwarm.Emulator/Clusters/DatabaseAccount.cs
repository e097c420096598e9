using System.Diagnostics;
using System.Text;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>What a program did.</summary>
internal readonly record struct ProgramResult(int ExitCode, string Output, string Error)
{
    /// <summary>What it said last, on one line.</summary>
    internal string Complaint
        => (Error.Trim() is { Length: > 0 } error ? error : Output.Trim()).Replace("\r", "", StringComparison.Ordinal).Replace('\n', ' ') is { Length: > 0 } text
            ? text
            : $"it said nothing and ended with exit code {ExitCode}";
}

/// <summary>The account that runs PostgreSQL's programs and owns their files: this process's own, or an unprivileged one where this is root, since the server refuses to run as root.</summary>
internal sealed class DatabaseAccount
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly IReadOnlyList<string> _command;

    private DatabaseAccount(string? name, IReadOnlyList<string> command)
    {
        Name = name;
        _command = command;
    }

    /// <summary>The other account; null where it is this process's own.</summary>
    internal string? Name { get; }

    /// <exception cref="ClusterException">This is root, and there is no way to another account.</exception>
    internal static async Task<DatabaseAccount> FindAsync(CancellationToken cancellationToken)
    {
        // On Windows the programs themselves give up an administrator's rights.
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return new DatabaseAccount(null, []);

        var self = new DatabaseAccount(null, []);
        foreach (var name in (string[])["postgres", "nobody"])
        {
            var group = await self.RunAsync("id", ["-g", name], cancellationToken);
            if (group.ExitCode != 0) continue;
            // setpriv becomes the program; runuser stays above it.
            if (FindInPath("setpriv") is { } setpriv)
                return new DatabaseAccount(name, [setpriv, $"--reuid={name}", $"--regid={group.Output.Trim()}", "--clear-groups", "--"]);
            if (FindInPath("runuser") is { } runuser) return new DatabaseAccount(name, [runuser, "-u", name, "--"]);
        }

        throw new ClusterException(
            ClusterFailure.ProgramsMissing,
            "PostgreSQL refuses to run as root, and there is no way to another account: setpriv or runuser (package util-linux) and an account 'postgres' or 'nobody' are needed. Install them, or start the emulator as another user.");
    }

    /// <summary>Runs a program as this account, to its end, with these variables and those of this process but the ones that libpq reads. It is killed when the call is cancelled.</summary>
    internal async Task<ProgramResult> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken, string? input = null, params (string Name, string Value)[] environment)
    {
        string[] command = [.. _command, program, .. arguments];
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Utf8,
            StandardOutputEncoding = Utf8,
            StandardErrorEncoding = Utf8,
            // The other account may not be able to enter this process's folder.
            WorkingDirectory = Path.GetPathRoot(Environment.SystemDirectory) is { Length: > 0 } root ? root : "/",
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal) || name.StartsWith("LC_", StringComparison.Ordinal) || name is "LANGUAGE").ToList())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment) start.Environment[name] = value;

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended before it read everything: its exit code says that it failed.
        }

        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        return new ProgramResult(process.ExitCode, await output, await error);
    }

    /// <summary>Makes a folder that only this account can enter.</summary>
    /// <exception cref="ClusterException">The account cannot reach it.</exception>
    internal async Task MakeFolderAsync(string path, CancellationToken cancellationToken)
    {
        CreatePrivateFolder(path);
        if (Name is null) return;

        var chown = await new DatabaseAccount(null, []).RunAsync("chown", [Name, path], cancellationToken);
        if (chown.ExitCode != 0) throw new ClusterException(ClusterFailure.Failed, $"The folder '{path}' could not be given to the account '{Name}': {chown.Complaint}.");
        var reached = await RunAsync("/bin/sh", ["-c", "cd \"$1\"", "sh", path], cancellationToken);
        if (reached.ExitCode != 0)
            throw new ClusterException(
                ClusterFailure.Failed,
                $"The account '{Name}', which runs PostgreSQL because it refuses to run as root, cannot reach the folder '{path}'. " +
                "Choose a state folder all of whose parents other users may pass through, for example one under /var/lib, or start the emulator as another user.");
    }

    /// <summary>Writes a small file in a folder of this account, readable by it only.</summary>
    internal async Task WriteFileAsync(string path, string text, CancellationToken cancellationToken)
    {
        if (Name is null)
        {
            await WritePrivateFileAsync(path, text, cancellationToken);
            return;
        }

        var result = await RunAsync("/bin/sh", ["-c", "umask 077 && cat >\"$1\"", "sh", path], cancellationToken, text);
        if (result.ExitCode != 0) throw new ClusterException(ClusterFailure.Failed, $"The file '{path}' could not be written: {result.Complaint}.");
    }

    /// <summary>Copies a folder with all that is in it, as this account.</summary>
    internal async Task CopyFolderAsync(string source, string target, CancellationToken cancellationToken)
    {
        var result = OperatingSystem.IsWindows()
            // Exit codes below 8 are robocopy's ways of success.
            ? await RunAsync("robocopy", [source, target, "/E", "/NFL", "/NDL", "/NJH", "/NJS"], cancellationToken) is { ExitCode: < 8 } copied ? copied with { ExitCode = 0 } : new ProgramResult(1, "", "robocopy failed")
            : await RunAsync("cp", ["-R", "-p", source, target], cancellationToken);
        if (result.ExitCode != 0) throw new ClusterException(ClusterFailure.Failed, $"The folder '{source}' could not be copied: {result.Complaint}.");
    }

    /// <summary>Makes a folder for this process's account only.</summary>
    internal static void CreatePrivateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Writes a file for this process's account only.</summary>
    internal static async Task WritePrivateFileAsync(string path, string text, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var writer = new StreamWriter(path, Utf8, options);
        await writer.WriteAsync(text.AsMemory(), cancellationToken);
    }

    private static string? FindInPath(string program)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/bin", "/bin", "/usr/sbin", "/sbin"]).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
