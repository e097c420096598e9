using System.Globalization;
using System.Text;

namespace MarketingSwarm.Tests.Help;

/// <summary>A folder and a session, as a page's examples assume them.</summary>
internal sealed class ExampleScene : IAsyncDisposable
{
    /// <summary>What is typed where an example asks for a password.</summary>
    internal const string AnsweredPassword = "typed-By-somebody-1";

    private const string ExampleDatabase = "postgresql://app@db.example.com/marketing_swarm";

    private readonly TempFolder _folder = new();
    private readonly HealthRoute _health = new();
    private readonly EmulatorServer _emulator;
    private readonly Preparation _preparation;
    private readonly string _password;
    private readonly string _server;
    private readonly int _port, _otherPort;

    internal ExampleScene(EmulatorServer emulator, string host, string password, string sample, Preparation preparation)
    {
        _emulator = emulator;
        _preparation = preparation;
        _password = password;
        _server = $"postgresql://app_user:{Uri.EscapeDataString(password)}@{host}:5432";
        using (var port = new ClosedPort())
        using (var other = new ClosedPort())
            (_port, _otherPort) = (port.Number, other.Number);
        // As root, the servers of an emulator that an example starts run as another user.
        PostgresPrograms.LetThrough(_folder);
        File.Copy(sample, _folder.File("app.db"));
        File.Copy(sample, _folder.File("test_marketing_swarm.db"));
        File.WriteAllText(_folder.File("switch.ps1"), "'switched'\n");
    }

    /// <summary>What stands in the pages for what is the reader's own, or for what takes long.</summary>
    internal static IEnumerable<string> ReadersNames => new ReadersWords("", "", "", 0, 0, "").All.Select(word => word.Written);

    /// <summary>The session's variables in this process.</summary>
    internal (string Name, object? Value)[] Variables => [("endpoint", _emulator.Endpoint.ToString()), ("token", EmulatorServer.Secure(_emulator.Token))];

    /// <summary>The environment of a process: the emulator, and a home of its own.</summary>
    internal IEnumerable<KeyValuePair<string, string?>> Environment =>
    [
        new("SWARM_GOOGLE_ENDPOINT", _emulator.Endpoint.ToString()), new("SWARM_ACCESS_TOKEN", _emulator.Token), new("GOOGLE_CLOUD_PROJECT", _preparation.Project),
        new("CLOUDSDK_COMPUTE_REGION", "us-central1"), new("PGPASSWORD", _password), new("XDG_DATA_HOME", _folder.File("data")), new("HOME", _folder.File("home")),
    ];

    /// <summary>What is so before the first example: the place, the context, and answers for questions.</summary>
    internal string Greeting =>
        $$"""
        $folder = {{Pwsh.Quote(_folder.Path)}}
        $null = $ExecutionContext.SessionState.Path.SetLocation($folder)
        if ($endpoint) { $null = Set-SwarmContext {{_preparation.Project}} -Region us-central1 -Endpoint $endpoint -AccessToken $token }
        $pg = {{Pwsh.Quote($"{_server}/marketing_swarm")}}
        $ConfirmPreference = 'None'
        $PSDefaultParameterValues = @{ 'Start-SwarmCutover:WatchMinutes' = 0; 'Start-SwarmCutover:StatePath' = "$folder/state"; 'Stop-SwarmCutover:StatePath' = "$folder/state" }
        function Read-Host { [Net.NetworkCredential]::new('', '{{AnsweredPassword}}').SecurePassword }
        function Get-Credential { [pscredential]::new('app_user', (Read-Host)) }
        """;

    /// <summary>Writes the examples into the folder, a script each.</summary>
    /// <returns>A script that runs them, with a mark before each and another before each error.</returns>
    internal string WriteDriver(IReadOnlyList<Example> examples, string mark, string errorMark)
    {
        var words = new ReadersWords(_server, _preparation.Project, _folder.Path, _port, _otherPort, _health.Address.ToString());
        var driver = new StringBuilder();
        File.WriteAllText(
            _folder.File("prepare.ps1"),
            $"psql -q '{_server}/postgres' -c 'SET client_min_messages = error' -c 'DROP DATABASE IF EXISTS marketing_swarm WITH (FORCE)' -c 'CREATE DATABASE marketing_swarm'\n{_preparation.Script}\n");
        for (var i = 0; i < examples.Count; i++)
        {
            var script = _folder.File(string.Create(CultureInfo.InvariantCulture, $"example-{i}.ps1"));
            File.WriteAllText(script, words.Replace(examples[i].Code));
            if (i == 0 || _preparation.IsForEach) Append(_folder.File("prepare.ps1"), "$null = ", "");
            driver.Append(CultureInfo.InvariantCulture, $"'{mark}{i}' | Out-Default\n");
            Append(script, "", " | Out-Default");
        }

        return driver.Append(CultureInfo.InvariantCulture, $"'{mark}end' | Out-Default\n").ToString();

        // In the session's own scope, and such that an exit ends the script alone.
        void Append(string script, string before, string after) => driver.Append(
            CultureInfo.InvariantCulture,
            $$"""
            $Error.Clear()
            try { {{before}}. {{Pwsh.Quote(script)}}{{after}} } catch { }
            foreach ($problem in @($Error)) { "{{errorMark}}$($problem.FullyQualifiedErrorId): $problem $($problem.ScriptStackTrace)" | Out-Default }

            """);
    }

    public ValueTask DisposeAsync()
    {
        _health.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class ReadersWords(string server, string project, string folder, int port, int otherPort, string health)
    {
        internal IEnumerable<(string Written, string Real)> All =>
        [
            (ExampleDatabase, $"{server}/marketing_swarm"),
            ("postgresql://app@localhost/marketing_swarm", $"{server}/marketing_swarm"),
            ("postgresql://app@localhost/rehearsal", $"{server}/marketing_swarm"),
            ("postgresql://db.example.com/app", $"{server}/marketing_swarm"),
            ("my-project", project),
            ("ann@example.com", "emulator@swarm-emulator.iam"),
            ("/srv/backups", $"{folder}/kept"),
            ("https://app.example.com/api/health", health),
            // Another program may have the port.
            (":marketing-swarm-db\npsql 'host=127.0.0.1 port=5432 ", $":marketing-swarm-db -Port {port}\npsql 'host=127.0.0.1 port={port} "),
            ("-Port 6000", $"-Port {otherPort}"),
            // 4 GB of rows, and an hour.
            ("-Count 200000", "-Count 200"),
            ("-WatchMinutes 15", "-WatchMinutes 0"),
            ("-WatchMinutes 60", "-WatchMinutes 0"),
        ];

        internal string Replace(string code) => All.Aggregate(code, (text, word) => text.Replace(word.Written, word.Real, StringComparison.Ordinal));
    }
}
