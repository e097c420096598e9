namespace MarketingSwarm.Engine.Tests.Proof;

/// <summary>The proof and the comparison can fail: after a good load, one change by psql is caught, and named.</summary>
public sealed class MutationTests(PostgresServer postgres)
{
    public static TheoryData<string, string> TableChanges { get; } = new()
    {
        { "UPDATE conversations SET agent_responses = '[2]' WHERE id = 'kilo'", "Changed kilo agent_responses: TEXT '[1]' / TEXT '[2]'" },
        { "DELETE FROM conversations WHERE id = 'b'", "Missing b row:  / " },
        { "INSERT INTO conversations SELECT * FROM conversations WHERE id = 'a'", "Extra a row:  / " },
        { "INSERT INTO conversations (id, user_query) VALUES ('zz', 'q')", "Extra zz row:  / " },
        { "UPDATE conversations SET user_id = NULL, error_message = user_id WHERE id = 'a'", "Changed a user_id: TEXT 'u1' / NULL|Changed a error_message: NULL / TEXT 'u1'" },
        {
            "UPDATE conversations SET status = user_query, user_query = status WHERE id = 'kilo'",
            "Changed kilo user_query: TEXT 'swap me' / TEXT 'with me'|Changed kilo status: TEXT 'with me' / TEXT 'swap me'"
        },
        { "UPDATE conversations SET id = CASE id WHEN 'b' THEN 'B' ELSE 'b' END WHERE id IN ('b', 'B')", "*" },
        { "UPDATE conversations SET error_message = NULL WHERE id = 'b'", "Changed b error_message: TEXT '' / NULL" },
        { "UPDATE conversations SET error_message = '' WHERE id = 'kilo'", "Changed kilo error_message: NULL / TEXT ''" },
        {
            "UPDATE conversations SET created_at = created_at + interval '1 microsecond' WHERE id = 'a'",
            "Changed a created_at: TEXT '2025-06-18 18:50:05.000001' / TEXT '2025-06-18 18:50:05.000002'"
        },
        {
            "UPDATE conversations SET completed_at = 'infinity' WHERE id = 'a'", "Changed a completed_at: TEXT '2025-06-18 18:51:00' / TEXT 'infinity'"
        },
        { "UPDATE conversations SET status = 'Completed' WHERE id = 'a'", "Changed a status: TEXT 'completed' / TEXT 'Completed'" },
        { "UPDATE conversations SET user_query = 'Same again' WHERE id = 'b'", "Changed b user_query: TEXT 'Same again ' / TEXT 'Same again'" },
        { "UPDATE conversations SET total_cost = 0.10000000000000002 WHERE id = 'a'", "Changed a total_cost: REAL '0.1' / REAL '0.10000000000000002'" },
        { "UPDATE conversations SET total_cost = '-0' WHERE id = 'B'", "Changed B total_cost: REAL '0' / REAL '-0'" },
        { "UPDATE conversations SET id = 'Kilo' WHERE id = 'kilo'", "Extra Kilo row:  / |Missing kilo row:  / " },
        { "UPDATE conversations SET error_message = 'y' WHERE id = 's'", "Changed s error_message: BLOB 'x'00FF10'' / TEXT 'y'" },
        {
            "UPDATE conversations SET completed_at = '2025-06-18 18:50:05' WHERE id = 's'",
            "Changed s completed_at: TEXT '2025-06-18T18:50:05+05:30' / TEXT '2025-06-18 18:50:05'"
        },
        { "UPDATE conversations SET user_query = 'other' WHERE id = 'de'", "Changed #12 user_query: TEXT 'a key of bytes' / TEXT 'other'" },
        { "DELETE FROM conversations WHERE id = 'de'", "Missing #12 row:  / " },
    };

    public static TheoryData<string, string, string> ResidueChanges { get; } = new()
    {
        {
            "UPDATE swarm_migration.residue SET original = '\\x00FF11' WHERE column_name = 'error_message' AND id = 's'",
            "ResidueChanged s error_message: BLOB 'x'00FF10'' / BLOB 'x'00FF11''", "Changed s error_message: BLOB 'x'00FF10'' / BLOB 'x'00FF11''"
        },
        {
            "UPDATE swarm_migration.residue SET storage_class = 'Text' WHERE column_name = 'error_message' AND id = 's'",
            "ResidueChanged s error_message: BLOB 'x'00FF10'' / TEXT 'x'00FF10''", "Changed s error_message: BLOB 'x'00FF10'' / TEXT 'x'00FF10''"
        },
        {
            "DELETE FROM swarm_migration.residue WHERE column_name = 'total_cost' AND id = 's'",
            "ResidueMissing s total_cost: TEXT 'abc' / ", "Changed s total_cost: TEXT 'abc' / NULL"
        },
        {
            "DELETE FROM swarm_migration.residue WHERE column_name = 'status' AND source_rowid = 11",
            "ResidueMissing #11 status: TEXT 'active' / ", "Changed #11 status: TEXT 'active' / NULL"
        },
        {
            "UPDATE swarm_migration.residue SET original = '\\x6f' WHERE column_name = 'user_query' AND source_rowid = 11",
            "ResidueChanged #11 user_query: TEXT 'no key' / TEXT 'o'", "Changed #11 user_query: TEXT 'no key' / TEXT 'o'"
        },
        { "UPDATE swarm_migration.residue SET column_name = 'nothing' WHERE column_name = 'user_id' AND id = 'n'", "*", "Changed n user_id: BLOB 'x'C3A4'' / TEXT 'ä'" },
    };

    // What no comparison of contents can see: nothing of the source is lost by it.
    public static TheoryData<string, string> ResidueAdditions { get; } = new()
    {
        { "INSERT INTO swarm_migration.residue SELECT run_id, 1, 99, 'status', 1, 'a', 'Converted', 'InvalidText', '', 'Text', 'completed', 'completed' FROM swarm_migration.run", "ResidueExtra a status: TEXT 'completed' / TEXT 'completed'" },
        { "INSERT INTO swarm_migration.residue SELECT run_id, 1, 99, 'status', 77, 'q', 'Quarantined', 'InvalidText', '', 'Text', '\\x41', NULL FROM swarm_migration.run", "ResidueExtra q status:  / TEXT 'A'" },
        { "INSERT INTO swarm_migration.residue SELECT run_id, 1, 98, column_name, source_rowid, id, outcome, rule, '', storage_class, original, stored FROM swarm_migration.residue WHERE column_name = 'total_cost' AND id = 's'", "ResidueExtra s total_cost:  / TEXT 'abc'" },
    };

    [Fact]
    public async Task AGoodLoadIsProven()
    {
        await using var run = await LoadedRun.CreateAsync(postgres);

        var proof = await run.ProveAsync();

        Assert.Empty(proof.Differences.Select(LoadedRun.Describe));
        Assert.True(proof.IsProven);
        Assert.Equal((7, 1, 20), (proof.Rows, proof.RowsQuarantined, proof.ResidueCells));
        Assert.Equal(proof.SourceDigest, proof.TargetDigest);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AGoodLoadCompares(bool hashOnServer)
    {
        await using var run = await LoadedRun.CreateAsync(postgres);

        var (differences, summary) = await run.CompareAsync(hashOnServer);

        Assert.Empty(differences.Select(LoadedRun.Describe));
        Assert.Equal((8, 7, 1, 0), (summary.SourceRows, summary.Equal, summary.Quarantined, summary.ExitCode));
        if (!hashOnServer) Assert.Equal(summary.SourceDigest, summary.DestinationDigest);
        else Assert.InRange(summary.RowsReadBack!.Value, 3, 4);
    }

    [Theory]
    [MemberData(nameof(TableChanges))]
    public async Task AChangeInTheTableIsNamed(string change, string expected)
    {
        await using var run = await LoadedRun.CreateAsync(postgres);
        run.Database.Psql(change);

        var proof = await run.ProveAsync();
        var compared = await run.CompareAsync();
        var hashed = await run.CompareAsync(hashOnServer: true);

        Assert.False(proof.IsProven);
        Assert.NotEqual(proof.SourceDigest, proof.TargetDigest);
        Assert.Equal(2, compared.Summary.ExitCode);
        Assert.NotEqual(compared.Summary.SourceDigest, compared.Summary.DestinationDigest);
        var named = string.Join('|', compared.Differences.Select(LoadedRun.Describe));
        if (expected == "*") Assert.Equal(18, compared.Differences.Count);
        else Assert.Equal(expected, named);
        Assert.Equal(named, string.Join('|', hashed.Differences.Select(LoadedRun.Describe)));
        Assert.Equal(named, string.Join('|', proof.Differences.Select(LoadedRun.Describe)));
        Assert.Equal(compared.Summary.SourceRows, hashed.Summary.SourceRows);
        Assert.Equal(compared.Summary.DestinationRows, hashed.Summary.DestinationRows);
    }

    [Theory]
    [MemberData(nameof(ResidueChanges))]
    public async Task AChangeInTheResidueIsNamed(string change, string inProof, string inComparison)
    {
        await using var run = await LoadedRun.CreateAsync(postgres);
        run.Database.Psql(change);

        var proof = await run.ProveAsync();
        var (differences, _) = await run.CompareAsync();

        Assert.False(proof.IsProven);
        if (inProof != "*") Assert.Equal([inProof], proof.Differences.Where(difference => difference.Kind >= DifferenceKind.ResidueMissing).Select(LoadedRun.Describe));
        else Assert.Equal([DifferenceKind.ResidueExtra, DifferenceKind.ResidueMissing], proof.Differences.Take(2).Select(difference => difference.Kind));
        Assert.Equal([inComparison], differences.Select(LoadedRun.Describe));
    }

    [Theory]
    [MemberData(nameof(ResidueAdditions))]
    public async Task AnAdditionToTheResidueIsNamed(string change, string expected)
    {
        await using var run = await LoadedRun.CreateAsync(postgres);
        run.Database.Psql(change);

        var proof = await run.ProveAsync();

        Assert.False(proof.IsProven);
        Assert.Contains(expected, proof.Differences.Select(LoadedRun.Describe).Select(text => text.Replace("BLOB 'x'616263''", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AQuarantinedRowThatIsDroppedIsNamed()
    {
        await using var run = await LoadedRun.CreateAsync(postgres);
        run.Database.Psql("DELETE FROM swarm_migration.residue WHERE source_rowid = 11");

        var proof = await run.ProveAsync();
        var (differences, summary) = await run.CompareAsync();

        Assert.Contains("Missing #11 row:  / ", proof.Differences.Select(LoadedRun.Describe));
        Assert.Contains(proof.Differences, difference => difference is { Kind: DifferenceKind.ResidueMissing, RowId: 11, Column: "id" });
        Assert.Equal(["Missing #11 row:  / "], differences.Select(LoadedRun.Describe));
        Assert.Equal(1, summary.Missing);
    }

    [Fact]
    public async Task AQuarantinedRowThatIsInTheTableTooIsNamed()
    {
        await using var run = await LoadedRun.CreateAsync(postgres);
        run.Database.Psql("INSERT INTO conversations (user_query) VALUES ('no key')");

        var proof = await run.ProveAsync();

        Assert.False(proof.IsProven);
        Assert.Equal([DifferenceKind.Extra], proof.Differences.Select(difference => difference.Kind));
    }

    [Theory]
    [InlineData("stored = timestamp_send('2025-06-18 18:50:05') WHERE column_name = 'completed_at' AND id = 's'", "UPDATE conversations SET completed_at = '2025-06-18 18:50:05' WHERE id = 's'")]
    [InlineData("stored = timestamp_send('2025-06-18 18:50:05.123456') WHERE column_name = 'completed_at' AND id = 'n'", "UPDATE conversations SET completed_at = '2025-06-18 18:50:05.123456' WHERE id = 'n'")]
    [InlineData("stored = timestamp_send('2025-06-18 18:50:05') WHERE column_name = 'created_at' AND id = 's'", "UPDATE conversations SET created_at = '2025-06-18 18:50:05' WHERE id = 's'")]
    [InlineData("stored = '\\x61' WHERE column_name = 'user_id' AND id = 'n'", "UPDATE conversations SET user_id = 'a' WHERE id = 'n'")]
    public async Task AWrongConversionIsNamedThoughTableAndResidueAgree(string residue, string table)
    {
        await using var run = await LoadedRun.CreateAsync(postgres);
        run.Database.Psql($"UPDATE swarm_migration.residue SET {residue}; {table}");

        var proof = await run.ProveAsync();

        Assert.Equal(proof.SourceDigest, proof.TargetDigest);
        Assert.False(proof.IsProven);
        Assert.Equal([DifferenceKind.ResidueChanged], proof.Differences.Select(difference => difference.Kind));
    }

    [Fact]
    public async Task RowsOfOthersAreCountedAndNotCompared()
    {
        await using var run = await LoadedRun.CreateAsync(postgres);
        run.Database.Psql("INSERT INTO conversations (id, user_query) VALUES ('theirs', 'q'), ('a', 'q')");

        var proof = await run.ProveAsync(plan => plan with { IsSharedTable = true });

        Assert.Empty(proof.Differences.Select(LoadedRun.Describe));
        Assert.True(proof.IsProven);
        Assert.Equal(2, proof.RowsOfOthers);
    }

    [Fact]
    public async Task AnotherPolicyOrUnitIsNotTheSame()
    {
        await using var run = await LoadedRun.CreateAsync(postgres);

        var proof = await run.ProveAsync(plan => plan with { CreatedAtUnits = [TimestampForm.EpochSeconds], Policy = plan.Policy with { OnOffset = OffsetAction.KeepWallClock } });

        Assert.Equal(
            ["ResidueChanged s created_at: INTEGER '1750272605' / NULL", "ResidueChanged s completed_at: TEXT '2025-06-18T18:50:05+05:30' / TEXT '2025-06-18 13:20:05'"],
            proof.Differences.Select(LoadedRun.Describe));
    }
}
