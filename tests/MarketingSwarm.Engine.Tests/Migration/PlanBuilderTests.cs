using System.Globalization;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Sqlite;
using static MarketingSwarm.Engine.Tests.Migration.Plans;

namespace MarketingSwarm.Engine.Tests.Migration;

public sealed class PlanBuilderTests : IDisposable
{
    // Counts what Python's sqlite3 sees, by SQLite's typeof and Python's own codecs.
    private const string CountScript = """
        connection = sqlite3.connect(sys.argv[1])
        connection.text_factory = bytes
        names = "id user_id user_query status created_at completed_at agent_responses conversation_metadata total_cost error_message".split()
        def valid(text):
            try: return bool(text.decode() or True)
            except UnicodeDecodeError: return False
        print("ready")
        for name in names:
            counts = dict.fromkeys("null integer real text blob empty nul invalid".split(), 0)
            lengths = []
            for kind, value in connection.execute(f"SELECT typeof({name}), {name} FROM conversations"):
                kind = kind.decode()
                counts[kind] += 1
                if kind in ("text", "blob"):
                    lengths.append(len(value))
                    counts["empty"] += not value
                if kind == "text" and name not in ("created_at", "completed_at", "total_cost"):
                    counts["nul"] += b"\0" in value
                    counts["invalid"] += not valid(value)
            print(name, *counts.values(), min(lengths, default=None), max(lengths, default=None))
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(HazardShape.Application, "wal")]
    [InlineData(HazardShape.Plan, "delete")]
    [InlineData(HazardShape.Untyped, "delete")]
    [InlineData(HazardShape.WithoutRowId, "wal")]
    public void EveryColumnIsCountedAsPythonCountsIt(HazardShape shape, string journalMode)
    {
        var path = _folder.File("app.db");
        var rows = HazardFile.Create(path, shape, journalMode: journalMode);
        using var python = RunningPython.Start(CountScript, path);

        var plan = Measure(path).Plan;

        Assert.Equal(rows, plan.Rows);
        Assert.Equal(shape != HazardShape.WithoutRowId, plan.HasRowId);
        Assert.Equal(journalMode, plan.JournalMode);
        Assert.Equal(python.Finish(), plan.Columns.Select(column => string.Create(
            CultureInfo.InvariantCulture,
            $"{column} {column.Nulls} {column.Integers} {column.Reals} {column.Texts} {column.Blobs} {column.Empty} {column.NulTexts} {column.InvalidTexts} {(object?)column.MinLength ?? "None"} {(object?)column.MaxLength ?? "None"}")));
    }

    /// <summary>The plan promises what the converter then does, under any policy and whichever form is chosen.</summary>
    [Theory]
    [InlineData(HazardShape.Application, TimestampForm.Application, false)]
    [InlineData(HazardShape.Plan, TimestampForm.IsoUtcMilliseconds, true)]
    [InlineData(HazardShape.Untyped, TimestampForm.EpochSeconds, true)]
    [InlineData(HazardShape.Untyped, TimestampForm.NoFraction, false)]
    [InlineData(HazardShape.WithoutRowId, TimestampForm.SixDigits, true)]
    public void ThePlanSaysWhatTheConverterDoes(HazardShape shape, TimestampForm form, bool convertsAll)
    {
        var path = _folder.File("app.db");
        HazardFile.Create(path, shape, journalMode: "wal");
        TimestampForm[] units = [TimestampForm.EpochSeconds, TimestampForm.EpochMilliseconds, TimestampForm.JulianDay];
        var options = new PlanOptions
        {
            Policy = convertsAll
                ? new ConversionPolicy { OnNul = NulAction.Replace, OnInvalidText = InvalidTextAction.Latin1, OnNullKey = NullKeyAction.Generate, OnOffset = OffsetAction.KeepWallClock, OnLongFraction = LongFractionAction.Quarantine }
                : ConversionPolicy.Default,
            Forms = PlanOptions.TimeColumns.ToDictionary(column => column, _ => form),
            Units = PlanOptions.TimeColumns.ToDictionary(column => column, _ => (IReadOnlyList<TimestampForm>)(convertsAll ? units : [])),
        };

        var (plan, clashing) = Measure(path, options);

        var converter = new RowConverter(plan.ToSettings(ConversionSettings.ForNewTable(), clashing));
        var done = new Dictionary<(ConversationColumn, ConversionRule, CellOutcome), long>();
        using var reader = SqliteConversationReader.Open(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = path }, Engine.Conversations.ConversationFilter.All, TestContext.Current.CancellationToken);
        foreach (var (row, _) in reader.Read(TestContext.Current.CancellationToken))
        {
            foreach (var kind in Decide(converter, row!)) done[kind] = done.GetValueOrDefault(kind) + 1;
        }

        Assert.Equal(done.OrderBy(entry => entry.Key), plan.Rules.GroupBy(rule => (rule.Column, rule.Rule, rule.Outcome)).ToDictionary(rules => rules.Key, rules => rules.Sum(rule => rule.Count)).OrderBy(entry => entry.Key));
        Assert.Equal(done.Where(entry => entry.Key.Item3 == CellOutcome.RowQuarantined).Sum(entry => entry.Value), plan.Rows - plan.RowsLoaded);
        Assert.Equal(2, plan.ExitCode);
    }

    [Fact]
    public void TheFormThatCoversMostIsChosenAndTheApplicationsWhereTheyTie()
    {
        var path = Create(_folder, Row("'a'", "'2025-06-18T18:50:05.123Z'", "'2025-06-18 18:50:05'") + Row("'b'", "'2025-06-18T18:50:06.123Z'", "'2025-06-18T18:50:05'") + Row("'c'", "'2025-06-18 18:50:05.000001'"));

        var plan = Measure(path).Plan;

        Assert.Equal(TimestampForm.IsoUtcMilliseconds, plan.GetColumn(ConversationColumn.CreatedAt).Form);
        Assert.Equal(TimestampForm.Application, plan.GetColumn(ConversationColumn.CompletedAt).Form);
        Assert.Equal(["created_at: TimestampSpelling, Converted: 1", "completed_at: TimestampSpelling, Converted: 1"], plan.Rules.Select(rule => rule.ToString()));
        Assert.Equal((3L, "c"), (plan.Rules[0].Example.RowId!.Value, plan.Rules[0].Example.Id));
        Assert.Equal(0, plan.ExitCode);
    }

    [Fact]
    public void ANumbersFormIsChosenOnlyWhereItIsApproved()
    {
        var path = Create(_folder, Row("'a'", "1750272605123") + Row("'b'", "1750272606123"));
        var approved = new PlanOptions { Units = new Dictionary<ConversationColumn, IReadOnlyList<TimestampForm>> { [ConversationColumn.CreatedAt] = [TimestampForm.EpochMilliseconds] } };

        var before = Measure(path).Plan;
        Assert.Equal(["created_at: TimestampUnitNotApproved, Quarantined: 2"], before.Rules.Select(rule => rule.ToString()));
        Assert.Equal((TimestampForm.Application, 2), (before.GetColumn(ConversationColumn.CreatedAt).Form, before.ExitCode));

        foreach (var plan in (MigrationPlan[])[Measure(path, approved).Plan, PlanRevision.Approve(before, approved.Units, approved.Forms)])
        {
            Assert.Empty(plan.Rules);
            Assert.Equal((TimestampForm.EpochMilliseconds, 0), (plan.GetColumn(ConversationColumn.CreatedAt).Form, plan.ExitCode));
        }
    }

    [Theory]
    [InlineData(Columns, false)]
    [InlineData("id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message", false)]
    [InlineData("id UNIQUE, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message", true)]
    [InlineData("id VARCHAR COLLATE NOCASE UNIQUE, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message", true)]
    public void KeysThatClashOnceTheyAreTextAreFound(string columns, bool isUnique)
    {
        var typed = columns.Contains("VARCHAR", StringComparison.Ordinal);
        var rows = Row("x'3031'") + Row("'01'") + Row("x'3032'") + Row("x'FF00'") + Row("x'6e756c6c2d36'") + Row("NULL") + Row("'null-8'") + Row("NULL") + Row("'alone'");
        if (!typed) rows += Row("7") + Row("x'37'") + Row("'8'") + Row("8") + Row("7.5") + Row("x'372e35'") + Row("1e300") + Row("'1E+300'");
        if (!typed && !isUnique) rows += Row("'alone'");
        var path = Create(_folder, rows, columns);

        var (plan, clashing) = Measure(path, new PlanOptions { Policy = new ConversionPolicy { OnNullKey = NullKeyAction.Generate } });

        // 1 has the text row 2; 6 is generated as the BLOB of 5; 8 as the text of 7; then the second of each pair that has no text row.
        long[] expected = [1, 6, 8, .. typed ? Array.Empty<long>() : [11, 13, 15, 16], .. typed || isUnique ? Array.Empty<long>() : [18]];
        Assert.Equal(expected, clashing!.Order());
        Assert.Equal(expected.Length, plan.GetColumn(ConversationColumn.Id).Clashing);
        Assert.Equal(expected.Length, plan.Rule(ConversationColumn.Id, ConversionRule.KeyClash).Count);
        Assert.Equal(1, plan.Rule(ConversationColumn.Id, ConversionRule.KeyNotText).Count);
    }

    [Fact]
    public void ATargetsOwnColumnsDecide()
    {
        var path = Create(_folder, Row("'a'", query: "NULL") + Row("'b'", createdAt: "'now'"));
        var strict = new ConversionSettings
        {
            IsRequired = [.. ConversationTable.ColumnNames.Select(name => name is "id" or "created_at")],
            GreatestLength = [.. Enumerable.Repeat(int.MaxValue, ConversationTable.ColumnCount)],
        };

        Assert.Equal(1, Measure(path).Plan.RowsQuarantined);
        var plan = Measure(path, target: strict).Plan;
        Assert.All(plan.Rules, rule => Assert.Equal("created_at: RequiredValueMissing, RowQuarantined: 1", rule.ToString()));
        Assert.Equal([null, ConversionRule.TimestampInvalid], plan.Rules.Select(rule => rule.Cause));
        Assert.Equal(0, plan.RowsLoaded);
    }

    [Fact]
    public void AFileTooLargeToBeCopiedIsMeasuredInRanges()
    {
        var path = _folder.File("app.db");
        var rows = HazardFile.Create(path);

        var inRanges = Measure(path, limits: new SqliteReadLimits { SnapshotTime = TimeSpan.Zero, BurstLength = 1 });

        Assert.Equal(rows, inRanges.Plan.Rows);
        var whole = Measure(path);
        Assert.Equal(whole.Plan.Rules.Select(rule => $"{rule}"), inRanges.Plan.Rules.Select(rule => $"{rule}"));
        Assert.Equal(whole.ClashingRows!.Order(), inRanges.ClashingRows!.Order());
    }

    [Fact]
    public void AnEmptyTableHasAPlan()
    {
        var plan = Measure(Create(_folder, "")).Plan;

        Assert.Equal("0 rows = 0 loaded + 0 quarantined; 0 cells converted, 0 quarantined; exit code 0", plan.ToString());
    }

    [Fact]
    public void CancellingEndsTheWorkAndFreesTheSource()
    {
        var path = Create(_folder, string.Concat(Enumerable.Range(0, 1000).Select(i => Row($"'{i}'"))));
        using var source = SqliteSource.Open(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = path }, TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();

        Assert.ThrowsAny<OperationCanceledException>(() => PlanBuilder.Build(source, ConversionSettings.ForNewTable(), new PlanOptions(), (_, _) => stop.Cancel(), stop.Token));
    }

    private static IEnumerable<(ConversationColumn, ConversionRule, CellOutcome)> Decide(RowConverter converter, Conversation row)
    {
        Span<long> times = stackalloc long[2];
        var image = new ConversationImage(Image(row));
        if (converter.IsPlain(image, row.RowId, times)) return [];
        var verdict = converter.Judge(image, row.RowId, times);
        return verdict.RowRule is { } rule
            ? [(verdict.RowColumn, rule, CellOutcome.RowQuarantined)]
            : [.. verdict.Cells.Select(cell => (cell.Column, cell.Rule, cell.Outcome))];
    }

    private static byte[] Image(Conversation row)
        => Conversion.Cells.ToImage([.. Enum.GetValues<ConversationColumn>().Select(column => (column, row.GetCell(column)))]);
}
