namespace MarketingSwarm.Tests.Migration;

public sealed class MeasureSwarmConversationTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ThePlanSaysWhatWillHappenAndChangesNothing()
    {
        var path = _folder.File("app.db");
        var rows = HazardFile.Create(path);
        var before = File.ReadAllBytes(path);

        var plan = Assert.Single(Run("Measure-SwarmConversation app.db").EnsureSuccess().Output);

        Assert.Equal("MarketingSwarm.MigrationPlan", plan.TypeNames[0]);
        Assert.Equal((long)rows, plan.Properties["Rows"].Value);
        Assert.Equal(2, plan.Properties["ExitCode"].Value);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void TheViewSaysFirstWhatWillHappen()
    {
        HazardFile.Create(_folder.File("app.db"));

        var lines = Run("Measure-SwarmConversation app.db | Out-Default").EnsureSuccess().HostLines;

        string[] labels = ["Source", "Content", "Outcome", "ExitCode", "Policy", "Rows quarantined", "Cells quarantined", "Cells converted", "Columns"];
        // Colours may stand before a label.
        var places = labels.Select(label => lines.TakeWhile(line => !line.Split(" : ")[0].Contains(label, StringComparison.Ordinal)).Count()).ToArray();
        Assert.Equal(places.Order(), places);
        Assert.All(places, place => Assert.True(place < lines.Count));
        Assert.Contains(lines, line => line.Contains("id: the key is NULL (rowid ", StringComparison.Ordinal));
    }

    [Fact]
    public void ASavedPlanIsCheckedAgainstTheSource()
    {
        HazardFile.Create(_folder.File("app.db"));
        Run("Measure-SwarmConversation app.db -Path plan.json -OnNul Replace").EnsureSuccess();
        Run("Measure-SwarmConversation app.db -Plan plan.json; Measure-SwarmConversation app.db -Plan (Measure-SwarmConversation app.db)").EnsureSuccess();
        Sqlite3.Run(_folder.File("app.db"), "UPDATE conversations SET status = x'FF' WHERE id = 'h-001'");

        var error = Run("Measure-SwarmConversation app.db -Plan plan.json").SingleError;

        Assert.Equal("PlanNoLongerFits,MarketingSwarm.Commands.MeasureSwarmConversationCommand", error.FullyQualifiedErrorId);
        Assert.Contains("status needs the rule BlobNotText", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("h-001", error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-TimestampForm @{ created_at = 'Offset' }", "PlanFormUnknown", "IsoUtcMilliseconds")]
    [InlineData("-TimestampForm @{ created_at = 'NoFraction', 'SixDigits' }", "PlanFormNotOne", "created_at")]
    [InlineData("-TimestampForm @{ created_at = $null }", "PlanFormUnknown", "created_at")]
    [InlineData("-TimestampForm @{ status = 'NoFraction' }", "PlanColumnNotATime", "status")]
    [InlineData("-TimestampForm @{ created_at = 'NoFraction'; CreatedAt = 'NoFraction' }", "PlanColumnTwice", "created_at")]
    [InlineData("-ApprovedUnit @{ completed_at = 'EpochSeconds', 'Hours' }", "PlanFormUnknown", "Hours")]
    [InlineData("-ApprovedUnit @{ completed_at = 10 }", "PlanFormUnknown", "10")]
    [InlineData("-Plan plan.json", "PlanFileNotFound", "plan.json")]
    [InlineData("-Plan plan.json -OnNul Strip", "PlanAndDecisions", "OnNul")]
    [InlineData("-Path app.db", "PlanFileExists", "app.db")]
    [InlineData("-Path missing/plan.json", "PlanFileNotWritten", "missing")]
    [InlineData("-Destination other.db", "PlanTargetNotPostgres", "other.db")]
    public void AWrongParameterIsNamed(string parameters, string errorId, string named)
    {
        HazardFile.Create(_folder.File("app.db"));

        var error = Run($"Measure-SwarmConversation app.db {parameters}").SingleError;

        Assert.Equal($"{errorId},MarketingSwarm.Commands.MeasureSwarmConversationCommand", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.NotNull(error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void ForceReplacesAPlan()
    {
        HazardFile.Create(_folder.File("app.db"));

        Run("Measure-SwarmConversation app.db -Path plan.json; Measure-SwarmConversation app.db -Path plan.json -Force -OnNul Strip").EnsureSuccess();
        Assert.Contains("\"onNul\": \"Strip\"", File.ReadAllText(_folder.File("plan.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheTargetsTableDecidesWhatIsRequiredAndHowLong()
    {
        await using var target = await postgres.CreateDatabaseAsync();
        Sqlite3.Run(_folder.File("app.db"), $"CREATE TABLE conversations (id PRIMARY KEY, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message); INSERT INTO conversations (id, status, user_query, user_id) VALUES ('a', NULL, 'q', '{new string('u', 3000)}')");

        var result = Run(
            """
            Measure-SwarmConversation app.db $target | ForEach-Object Summary
            $null = Initialize-SwarmDatabase $target
            Measure-SwarmConversation app.db $target | ForEach-Object Summary
            """, ("target", target.Url)).EnsureSuccess();
        await target.PsqlAsync("ALTER TABLE conversations ALTER COLUMN status SET NOT NULL; DROP INDEX conversations_user_id_idx");
        var strict = Run("(Measure-SwarmConversation app.db $target).Rules | ForEach-Object ToString", ("target", target.Url)).EnsureSuccess();

        Assert.All(result.Output, summary => Assert.Equal("1 rows = 1 loaded + 0 quarantined; 0 cells converted, 1 quarantined; exit code 2", summary.BaseObject));
        Assert.Equal(["status: RequiredValueMissing, RowQuarantined: 1"], strict.Output.Select(rule => $"{rule}"));
    }

    // The engine by itself has no Set-Location.
    private PowerShellResult Run(string script, params (string Name, object? Value)[] variables)
        => PowerShellSession.Run($"[void]$ExecutionContext.SessionState.Path.SetLocation($folder); {script}", [("folder", _folder.Path), .. variables]);
}
