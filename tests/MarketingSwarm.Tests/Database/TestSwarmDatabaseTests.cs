using System.Management.Automation;
using System.Net;
using System.Net.Sockets;

namespace MarketingSwarm.Tests.Database;

public sealed class TestSwarmDatabaseTests(PostgresServer postgres)
{
    private const string TableSql = """
        CREATE TABLE conversations (
            id varchar NOT NULL, user_id varchar, user_query text NOT NULL, status varchar, created_at timestamp, completed_at timestamp,
            agent_responses text, conversation_metadata text, total_cost double precision, error_message text, PRIMARY KEY (id));
        CREATE INDEX a ON conversations (created_at);
        """;

    private const string IndexSql = "CREATE INDEX u ON conversations (user_id);";

    [Fact]
    public async Task AFailedCheckIsAnObjectAndTheScriptGoesOn()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(TableSql);

        var result = PowerShellSession.Run(
            "$ErrorActionPreference = 'Stop'; Test-SwarmDatabase $url -SampleCount 5 -PoolSize 1; 'went on'", ("url", database.Url)).EnsureSuccess();

        Assert.Equal("went on", result.Output[^1].BaseObject);
        var checks = result.Output.SkipLast(1).ToList();
        Assert.Equal(
            ["Reachable True", "Version True", "Table True", "Columns True", "Indexes False", "WritePrivilege True", "Latency True", "PoolHeadroom True"],
            checks.Select(check => $"{check.Properties["Name"].Value} {check.Properties["Passed"].Value}"));
        Assert.All(checks, check => Assert.Contains("MarketingSwarm.DatabaseCheck", check.TypeNames));
        Assert.Equal("none begins with user_id", checks[4].Properties["Actual"].Value);
    }

    [Fact]
    public async Task QuietGivesOneBoolean()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        const string script = "Test-SwarmDatabase $url -Quiet -SampleCount 5 -PoolSize 1";

        await database.PsqlAsync(TableSql);
        Assert.Equal([false], PowerShellSession.Run(script, ("url", database.Url)).EnsureSuccess().Output.Select(output => output.BaseObject));

        await database.PsqlAsync(IndexSql);
        Assert.Equal([true], PowerShellSession.Run(script, ("url", database.Url)).EnsureSuccess().Output.Select(output => output.BaseObject));
        Assert.Equal(
            [false], PowerShellSession.Run($"{script} -PoolSize 10000".Replace("-PoolSize 1 ", "", StringComparison.Ordinal), ("url", database.Url)).EnsureSuccess().Output.Select(output => output.BaseObject));
    }

    [Fact]
    public void WhatCouldNotBeCheckedIsNoPass()
    {
        using var folder = new TempFolder();

        var result = PowerShellSession.Run("Test-SwarmDatabase $path; Test-SwarmDatabase $path -Quiet", ("path", folder.File("none.db"))).EnsureSuccess();

        Assert.Equal(false, result.Output[0].Properties["Passed"].Value);
        Assert.Equal("FileNotFound", $"{result.Output[0].Properties["Failure"].Value}");
        Assert.All(result.Output.Skip(1).SkipLast(1), check => Assert.Null(check.Properties["Passed"].Value));
        Assert.Equal(false, result.Output[^1].BaseObject);
        Assert.False(File.Exists(folder.File("none.db")));
    }

    [Fact]
    public void ASqliteFileIsLookedAt()
    {
        using var folder = new TempFolder();
        var path = folder.File("app.db");
        Sqlite3.Run(path, TableSql + IndexSql);
        var before = File.ReadAllBytes(path);

        var result = PowerShellSession.Run("(Test-SwarmDatabase $path -SampleCount 6).ForEach{ $_ }; Test-SwarmDatabase $path -Quiet", ("path", path)).EnsureSuccess();

        Assert.Equal(true, result.Output[^1].BaseObject);
        Assert.DoesNotContain(result.Output, output => output.Properties["Name"]?.Value is "PoolHeadroom");
        var latency = Assert.Single(result.Output, output => output.Properties["Name"]?.Value is "Latency");
        var statements = LanguagePrimitives.GetEnumerable(latency.Properties["Statements"].Value).Cast<object>().Select(PSObject.AsPSObject).ToList();
        Assert.Equal(3, statements.Count);
        Assert.All(statements, statement =>
        {
            Assert.Equal(6, statement.Properties["SampleCount"].Value);
            Assert.IsType<double>(statement.Properties["P95Milliseconds"].Value);
        });
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task NoPasswordIsShown()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        const string secret = "hush-hush-hush";

        var result = PowerShellSession.Run(
            "$VerbosePreference = 'Continue'; Test-SwarmDatabase $url; Test-SwarmDatabase $url -Quiet; Test-SwarmDatabase $url | Out-Default",
            ("url", database.GetUrl("no_such_user", secret)));

        Assert.Equal("AuthenticationFailed", $"{result.Output[0].Properties["Failure"].Value}");
        Assert.NotEmpty(result.HostLines);
        Assert.DoesNotContain(secret, result.AllText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-Endpoint health", "EndpointNotUsable")]
    [InlineData("-Endpoint ftp://127.0.0.1/", "EndpointNotUsable")]
    [InlineData("-SampleCount 4", "ParameterArgumentValidationError")]
    [InlineData("-LatencyLimitMilliseconds 0", "ParameterArgumentValidationError")]
    [InlineData("-PoolSize 0", "ParameterArgumentValidationError")]
    [InlineData("-EndpointTimeoutSeconds 0", "ParameterArgumentValidationError")]
    public void AWrongNameOrNumberIsAnErrorBeforeAnythingIsTried(string parameter, string errorId)
    {
        var result = PowerShellSession.Run($"Test-SwarmDatabase none.db {parameter}");

        Assert.StartsWith(errorId, result.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void AWrongUrlIsAnError()
    {
        var result = PowerShellSession.Run("Test-SwarmDatabase mysql://127.0.0.1/app");

        Assert.Equal(ErrorCategory.InvalidArgument, result.SingleError.CategoryInfo.Category);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void EachCheckComesAsItIsMadeAndStoppingEndsTheWait()
    {
        using var folder = new TempFolder();
        var path = folder.File("app.db");
        Sqlite3.Run(path, TableSql + IndexSql);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        using var session = PowerShellSession.Start(
            "Test-SwarmDatabase $path -SampleCount 5 -Endpoint $endpoint -EndpointTimeoutSeconds 3600; 'not stopped'",
            ("path", path), ("endpoint", $"http://{silent.LocalEndpoint}/health"));
        // The route is being asked: the seven checks before it are out, and it will never answer.
        using var client = silent.AcceptTcpClient();
        Assert.Equal(7, session.OutputCount);
        session.Stop();

        Assert.Equal(7, session.Result.Output.Count);
        Assert.IsType<PipelineStoppedException>(session.Result.Terminating);
    }

    [Fact]
    public void TheViewShowsTheVerdictAndWhatToDo()
    {
        using var folder = new TempFolder();

        var lines = PowerShellSession.Run("Test-SwarmDatabase $path | Out-Default", ("path", folder.File("none.db"))).EnsureSuccess().HostLines;

        var text = string.Join('\n', lines);
        Assert.Contains("FAILED", text, StringComparison.Ordinal);
        Assert.Contains("not checked", text, StringComparison.Ordinal);
        Assert.Contains("wanted: a SQLite file", text, StringComparison.Ordinal);
        Assert.Contains("to do: Check the path", text, StringComparison.Ordinal);
    }
}
