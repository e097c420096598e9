using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Net;
using System.Text;
using MarketingSwarm.Testing;

namespace MarketingSwarm.Benchmarks.Starting;

/// <summary>
///   What a user waits for first: the import of the module, and the first call of a cmdlet, each in a new process with its own runspace; in a real pwsh too,
///   where one is found. The cloud's API is a loopback server that answers at once, so that what is measured is the module's own start.
/// </summary>
internal static class StartCommand
{
    private const string ChildMode = "--child";
    private const string CloudVariable = "SWARM_GOOGLE_ENDPOINT";

    private static readonly (string Name, string Script)[] Calls =
    [
        ("Get-SwarmContext", "Get-SwarmContext"),
        ("Get-SwarmDatabase", "Get-SwarmDatabase app.db"),
        ("Get-SwarmCloudSqlInstance", "Get-SwarmCloudSqlInstance"),
        ("New-SwarmSampleDatabase", "New-SwarmSampleDatabase $sample -Count 1 -Force"),
        ("Get-SwarmConversation", "New-SwarmSampleDatabase $sample -Count 1 -Force; $clock.Restart(); Get-SwarmConversation $sample"),
    ];

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args is [ChildMode, var index, var sample]) return RunChild(int.Parse(index, CultureInfo.InvariantCulture), sample);
        var runs = args is ["--iterations", var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 10;

        using var api = new HttpListener();
        var port = StartApi(api);
        var pwsh = Environment.GetEnvironmentVariable("SWARM_TEST_PWSH") is { Length: > 0 } named ? named : Programs.Find("pwsh");
        var folder = Directory.CreateTempSubdirectory("swarm-start-");
        Dictionary<string, string?> environment = new()
        {
            [CloudVariable] = $"http://127.0.0.1:{port}", ["SWARM_ACCESS_TOKEN"] = "benchmark", ["GOOGLE_CLOUD_PROJECT"] = "benchmark", ["NO_COLOR"] = "1",
        };
        Console.WriteLine($"{"host",-16} {"what",-34} {"median ms",10} {"slowest ms",11}");
        try
        {
            for (var call = 0; call < Calls.Length; call++)
            {
                var sampleFile = Path.Combine(folder.FullName, "app.db");
                await MeasureAsync("runspace", call, runs, Environment.ProcessPath!, [.. HostArguments(), "start", ChildMode, $"{call}", sampleFile], environment);
                if (pwsh is not null)
                    await MeasureAsync("pwsh", call, runs, pwsh, ["-NoProfile", "-NonInteractive", "-Command", ImportScript(sampleFile) + CallScript(call)], environment);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return 0;
    }

    private static async Task MeasureAsync(string host, int call, int runs, string program, string[] arguments, Dictionary<string, string?> environment)
    {
        List<double> imports = [], calls = [];
        for (var run = 0; run < runs; run++)
        {
            var result = await Programs.RunAsync(program, arguments, environment: environment);
            var numbers = result.Lines.Count > 0 ? result.Lines[^1].Split(' ') : [];
            if (result.ExitCode != 0 || numbers.Length != 2) throw new InvalidOperationException($"{Calls[call].Name} in {host} failed: {result.Output} {result.Error}");
            imports.Add(double.Parse(numbers[0], CultureInfo.InvariantCulture));
            calls.Add(double.Parse(numbers[1], CultureInfo.InvariantCulture));
        }

        if (call == 0) Report(host, "Import-Module", imports);
        Report(host, "first " + Calls[call].Name, calls);
    }

    private static void Report(string host, string what, List<double> times)
    {
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{host,-16} {what,-34} {times[times.Count / 2],10:0} {times[^1],11:0}"));
    }

    /// <summary>A runspace of the engine alone, as the Shell has.</summary>
    private static int RunChild(int call, string sample)
    {
        using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        // The parser and the pipeline are PowerShell's own start.
        shell.AddScript("$null = 1 | ForEach-Object { $_ }").Invoke();
        shell.Commands.Clear();
        foreach (var line in shell.AddScript(ImportScript(sample) + CallScript(call)).Invoke()) Console.WriteLine(line);
        foreach (var error in shell.Streams.Error) Console.Error.WriteLine(error);
        return shell.HadErrors ? 1 : 0;
    }

    private static string ImportScript(string sample)
        => $"""
        $ErrorActionPreference = 'Stop'
        $sample = '{sample}'
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Import-Module '{Repository.ModuleManifest}'
        $import = $clock.Elapsed.TotalMilliseconds

        """;

    private static string CallScript(int call)
        => $$"""
        $clock.Restart()
        $null = & { {{Calls[call].Script}} }
        $call = $clock.Elapsed.TotalMilliseconds
        [string]::Format([Globalization.CultureInfo]::InvariantCulture, '{0:0.0} {1:0.0}', $import, $call)
        """;

    // Under `dotnet run` this process is its own host; under `dotnet X.dll` the host needs the assembly's path.
    private static string[] HostArguments()
        => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [typeof(StartCommand).Assembly.Location] : [];

    private static int StartApi(HttpListener api)
    {
        var port = PostgresCluster.GetFreePort();
        api.Prefixes.Add($"http://127.0.0.1:{port}/");
        api.Start();
        _ = Task.Run(async () =>
        {
            while (api.IsListening)
            {
                var context = await api.GetContextAsync();
                context.Response.ContentType = "application/json";
                context.Response.Close(Encoding.UTF8.GetBytes("{}"), willBlock: false);
            }
        });
        return port;
    }
}
