namespace MarketingSwarm.Tests.CloudSql;

/// <summary>An emulator with two instances of the project <c>p1</c>, for tests that connect by an instance's name: <c>one</c> has all that an application needs, <c>two</c> the least.</summary>
public sealed class NamedInstances : IAsyncLifetime
{
    internal const string Project = "p1";
    internal const string Account = "emulator@swarm-emulator.iam";
    internal const string Url = "cloudsql://p1:us-central1:one/swarm?user=app_user&passwordSecret=db-pass";

    private EmulatorServer? _emulator;

    internal EmulatorServer Emulator => _emulator!;

    /// <summary>The password of app_user.</summary>
    internal string Password { get; private set; } = "";

    /// <summary>Where the first instance's PostgreSQL itself listens, at port 5432.</summary>
    internal string Server { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _emulator = await EmulatorServer.StartAsync();
        Run($$"""
            $null = New-SwarmCloudSqlInstance one -Tier db-f1-micro -NoBackup -Database swarm -GeneratePassword -SecretName db-pass -DatabaseFlag @{ 'cloudsql.iam_authentication' = 'on' }
            $null = New-SwarmCloudSqlInstance two -Tier db-f1-micro -NoBackup
            $null = New-SwarmCloudSqlUser {{Account}}.gserviceaccount.com -Instance one -Type IamServiceAccount
            """).EnsureSuccess();
        Password = await _emulator.GetSecretAsync(Project, "db-pass");
        Server = $"{(await _emulator.GetAsync($"/v1/projects/{Project}/instances/one"))["ipAddresses"]![0]!["ipAddress"]}";
    }

    public async ValueTask DisposeAsync()
    {
        if (_emulator is not null) await _emulator.DisposeAsync();
    }

    /// <summary>Runs a script in a session of its own that has the two programs as <c>$psql</c> and <c>$pg_dump</c>.</summary>
    internal PowerShellResult Run(string script, params (string Name, object? Value)[] variables)
    {
        using var session = Start(script, variables);
        return session.Result;
    }

    internal PowerShellSession Start(string script, params (string Name, object? Value)[] variables)
        => Emulator.Start(Project, script, [("psql", FindProgram("psql")), ("pg_dump", FindProgram("pg_dump")), .. variables]);

    /// <summary>What the first instance's PostgreSQL says, asked with nothing of the module's between.</summary>
    internal async Task<string> AskServerAsync(string sql, string database)
    {
        var result = await PostgresPrograms.PsqlAsync(Server, 5432, "app_user", Password, database, sql);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output.TrimEnd('\n');
    }

    private static string FindProgram(string name) => Programs.Find(name, PostgresCluster.ProgramFolder!)!;
}
