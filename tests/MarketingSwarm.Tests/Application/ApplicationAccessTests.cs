using System.Globalization;
using System.Text.Json;

namespace MarketingSwarm.Tests.Application;

/// <summary>The application goes on using the table: its own SQLAlchemy model and raw SQL work on what the module made.</summary>
public sealed class ApplicationAccessTests(PostgresServer postgres)
{
    private const int Rows = 20;

    [Fact]
    public async Task TheApplicationReadsAndWritesTheMigratedTable()
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "sqlalchemy, asyncpg"));
        Assert.SkipWhen(python is null, "No python3 here has both sqlalchemy and asyncpg (Debian: python3-sqlalchemy, python3-asyncpg).");
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        PowerShellSession.Run(
            $$"""
            $null = New-SwarmSampleDatabase -Path $path -Count {{Rows}}
            $null = Initialize-SwarmDatabase $url
            $null = Export-SwarmConversation $path | Import-SwarmConversation $url
            """,
            ("path", folder.File("app.db")), ("url", database.Url)).EnsureSuccess();
        Assert.Equal(Rows.ToString(CultureInfo.InvariantCulture), database.Psql("SELECT count(*) FROM conversations"));
        var id = database.Psql("SELECT id FROM conversations WHERE status = 'completed' ORDER BY id COLLATE \"C\" LIMIT 1");
        var responses = int.Parse(
            database.Psql($"SELECT json_array_length(agent_responses::json) FROM conversations WHERE id = '{id}'"), CultureInfo.InvariantCulture);
        var others = HashOthers(database, id);

        var script = Path.Combine(AppContext.BaseDirectory, "Application", "application_access.py");
        var url = "postgresql+asyncpg" + database.Url["postgresql".Length..];
        var result = await Programs.RunAsync(python!, [script, url, id], workingFolder: folder.Path);

        Assert.True(result.ExitCode == 0, result.Error);
        var report = JsonDocument.Parse(result.Output).RootElement;
        var newId = report.GetProperty("new_id").GetString();
        Assert.Equal(Rows + 1, report.GetProperty("rows").GetInt32());
        Assert.Equal(responses, report.GetProperty("responses_before").GetInt32());
        Assert.Equal(responses + 1, report.GetProperty("responses_after").GetInt32());
        Assert.True(report.GetProperty("responses_are_what_was_written").GetBoolean());
        Assert.Equal("Plan a caf&#x27;s spring &lt;launch&gt; \u2615", report.GetProperty("new_query").GetString());
        Assert.Equal("2025-06-18T18:52:09", report.GetProperty("new_completed_at").GetString());

        Assert.Equal(
            "user-é|Plan a caf&#x27;s spring &lt;launch&gt; \u2615|completed|2025-06-18 18:50:03.000001|2025-06-18 18:52:09|[]|{\"context\": {}, \"test_mode\": false}|0|t",
            database.Psql(
                $"""
                SELECT user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message IS NULL
                FROM conversations WHERE id = '{newId}'
                """));
        Assert.Equal(
            $"{responses + 1}|Done \u2615 \U0001f389",
            database.Psql(
                $"SELECT json_array_length(agent_responses::json), agent_responses::json -> -1 ->> 'response' FROM conversations WHERE id = '{id}'"));
        Assert.Equal(others, HashOthers(database, id, newId));
    }

    private static string HashOthers(TestDatabase database, params string?[] ids)
        => database.Psql(
            $"""
            SELECT count(*), md5(string_agg(conversations::text, ';' ORDER BY id COLLATE "C"))
            FROM conversations WHERE id NOT IN ({string.Join(", ", ids.Select(id => $"'{id}'"))})
            """);
}
