using System.Text.Json.Serialization;

namespace MarketingSwarm;

/// <summary>
///   What a source holds and what will become of it: Measure-SwarmConversation makes it, a person reviews it, and a migration keeps to it.
///   Saved as JSON, it may be edited in three places: <see cref="Policy"/>, and a column's <see cref="ColumnPlan.Form"/> and
///   <see cref="ColumnPlan.ApprovedUnits"/>.
/// </summary>
public sealed record MigrationPlan
{
    internal const int CurrentVersion = 1;

    /// <summary>The version of the saved form, 1. It rises when a reader of today could misread what is written.</summary>
    public int PlanVersion { get; init; } = CurrentVersion;

    /// <summary>The plan in a line. Computed; not read from a file.</summary>
    public string Summary => ToString();

    /// <summary>The source, its password masked.</summary>
    public required string Source { get; init; }

    /// <summary>When the source was measured, in UTC.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>The rows in the source.</summary>
    public required long Rows { get; init; }

    /// <summary>The bytes of their cells: of a text or a BLOB its own, eight of a number, none of NULL.</summary>
    public required long CellBytes { get; init; }

    /// <summary>How the source stores text: <c>UTF-8</c>, <c>UTF-16le</c> or <c>UTF-16be</c>.</summary>
    public required string Encoding { get; init; }

    /// <summary>The source's journal mode: <c>wal</c>, <c>delete</c> and others.</summary>
    public required string JournalMode { get; init; }

    /// <summary>Whether everything was measured at one moment; false where the source was written meanwhile.</summary>
    public bool IsConsistent { get; init; } = true;

    /// <summary>Whether the source's rows have rowids: not those of a table WITHOUT ROWID.</summary>
    public bool HasRowId { get; init; } = true;

    /// <summary>The source's CREATE TABLE statement.</summary>
    public required string Definition { get; init; }

    /// <summary>The SHA-256 of <see cref="Definition"/> in UTF-8, in hexadecimal.</summary>
    public required string DefinitionSha256 { get; init; }

    /// <summary>What is done with what PostgreSQL cannot hold as it is. May be edited in a saved plan.</summary>
    public required ConversionPolicy Policy { get; init; }

    /// <summary>The policy under which <see cref="Rules"/> was counted. Where <see cref="Policy"/> is another, it was edited.</summary>
    public required ConversionPolicy MeasuredPolicy { get; init; }

    /// <summary>The rows that will be in the table. Computed; not read from a file.</summary>
    public long RowsLoaded => Rows - RowsQuarantined;

    /// <summary>The rows that will be in the residue alone. Computed; not read from a file.</summary>
    public long RowsQuarantined => Count(CellOutcome.RowQuarantined);

    /// <summary>The cells of loaded rows that a rule stores otherwise. Computed; not read from a file.</summary>
    public long CellsConverted => Count(CellOutcome.Converted);

    /// <summary>The cells of loaded rows that will be NULL, their originals in the residue. Computed; not read from a file.</summary>
    public long CellsQuarantined => Count(CellOutcome.Quarantined);

    /// <summary>How a migration by this plan will end: 0 where all is stored, 2 where anything is quarantined. Computed; not read from a file.</summary>
    public int ExitCode => RowsQuarantined + CellsQuarantined > 0 ? 2 : 0;

    /// <summary>Which rule will be applied to which column how often. What is not named here is stored as it is.</summary>
    public required IReadOnlyList<PlannedRule> Rules { get; init; }

    /// <summary>What was found in each of the ten columns, in the table's order.</summary>
    public required IReadOnlyList<ColumnPlan> Columns { get; init; }

    /// <summary>The plan of a column.</summary>
    public ColumnPlan GetColumn(ConversationColumn column) => Columns[(int)column];

    /// <summary>Whether the plan foresees that a rule is applied to a column with this outcome.</summary>
    internal bool Allows(ConversationColumn column, ConversionRule rule, CellOutcome outcome)
        => Rules.Any(planned => planned.Column == column && planned.Rule == rule && planned.Outcome == outcome);

    /// <summary>The plan in a line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Rows} rows = {RowsLoaded} loaded + {RowsQuarantined} quarantined; {CellsConverted} cells converted, {CellsQuarantined} quarantined; exit code {ExitCode}");

    private long Count(CellOutcome outcome) => Rules.Where(rule => rule.Outcome == outcome).Sum(rule => rule.Count);
}

/// <summary>What a source has in a column. Counts are of cells; one that is 0 is not written to a saved plan.</summary>
public sealed record ColumnPlan
{
    /// <summary>Which column.</summary>
    public required ConversationColumn Column { get; init; }

    /// <summary>Whether the target refuses NULL there.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The greatest length in bytes that the target's indexes take; <see langword="null"/> where none is on the column.</summary>
    public int? GreatestLength { get; init; }

    /// <summary>The form in which a time of the column is spelled unless the residue says otherwise; for the two times only. May be edited in a saved plan.</summary>
    public TimestampForm? Form { get; init; }

    /// <summary>The forms of numbers that are taken as times; for the two times only. May be edited in a saved plan.</summary>
    public IReadOnlyList<TimestampForm>? ApprovedUnits { get; init; }

    /// <summary>NULLs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Nulls { get; init; }

    /// <summary>Integers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Integers { get; init; }

    /// <summary>Reals.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Reals { get; init; }

    /// <summary>Texts, empty ones among them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Texts { get; init; }

    /// <summary>BLOBs, empty ones among them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Blobs { get; init; }

    /// <summary>Texts and BLOBs of no bytes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Empty { get; init; }

    /// <summary>The bytes of the shortest text or BLOB; <see langword="null"/> where there is none.</summary>
    public int? MinLength { get; init; }

    /// <summary>The bytes of the longest text or BLOB; <see langword="null"/> where there is none.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Texts and BLOBs longer than <see cref="GreatestLength"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long OverLong { get; init; }

    /// <summary>Texts with a NUL character; not counted in the two times.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long NulTexts { get; init; }

    /// <summary>Texts that are not valid UTF-8; not counted in the two times.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long InvalidTexts { get; init; }

    /// <summary>For <c>id</c>: the rows whose key another row has too, once both are text; of each group one is not counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Clashing { get; init; }

    /// <summary>For the two times: how they are spelled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TimestampFormCount>? Forms { get; init; }

    /// <summary>For the two columns of JSON: what their texts are as JSON. The text is kept whatever it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonCounts? Json { get; init; }

    /// <summary>The column's name.</summary>
    public override string ToString() => ConversationTable.NameOf(Column);
}

/// <summary>How many times of a column have a form.</summary>
public sealed record TimestampFormCount
{
    /// <summary>The form.</summary>
    public required TimestampForm Form { get; init; }

    /// <summary>The storage class of these cells.</summary>
    public required StorageClass StorageClass { get; init; }

    /// <summary>For SixDigits: whether the fraction is zero. The application writes no such <c>completed_at</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsWholeSecond { get; init; }

    /// <summary>The cells.</summary>
    public required long Count { get; init; }

    /// <summary>Of these, the cells in rows that are not quarantined whole.</summary>
    public required long Loaded { get; init; }

    /// <summary>The first of them, at most 64 characters.</summary>
    public required string Sample { get; init; }

    /// <summary>The instant that <see cref="Sample"/> is, in UTC; empty where it is no time.</summary>
    public required string Reading { get; init; }

    /// <summary>The row of <see cref="Sample"/>.</summary>
    public required PlannedExample Example { get; init; }

    /// <summary>The form and the count.</summary>
    public override string ToString() => FormattableString.Invariant($"{Form}: {Count}");
}

/// <summary>What the texts of a column are as JSON. A text may be counted in several of the last four.</summary>
public sealed record JsonCounts
{
    /// <summary>Valid JSON (RFC 8259).</summary>
    public long Valid { get; init; }

    /// <summary>Not JSON, the empty text among it.</summary>
    public long Invalid { get; init; }

    /// <summary>JSON but for Python's NaN, Infinity and -Infinity.</summary>
    public long PythonOnly { get; init; }

    /// <summary>With the escape <c>\u0000</c>, which PostgreSQL's jsonb and <c>-&gt;&gt;</c> refuse.</summary>
    public long NulEscapes { get; init; }

    /// <summary>With an escaped surrogate that has no partner, which PostgreSQL's jsonb refuses.</summary>
    public long LoneSurrogates { get; init; }

    /// <summary>With two members of one name in an object, of which PostgreSQL's jsonb keeps one.</summary>
    public long DuplicateKeys { get; init; }
}

/// <summary>A rule that will be applied to a column.</summary>
public sealed record PlannedRule
{
    /// <summary>The column; of a quarantined row the one for which it is.</summary>
    public required ConversationColumn Column { get; init; }

    /// <summary>The rule.</summary>
    public required ConversionRule Rule { get; init; }

    /// <summary>What becomes of the cells, or of their rows.</summary>
    public required CellOutcome Outcome { get; init; }

    /// <summary>Of RequiredValueMissing: the rule by which the cell's value cannot be stored; <see langword="null"/> where it is NULL, and for other rules.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ConversionRule? Cause { get; init; }

    /// <summary>How many cells or rows.</summary>
    public required long Count { get; init; }

    /// <summary>Why, of the first of them.</summary>
    public required string Reason { get; init; }

    /// <summary>The first of them.</summary>
    public required PlannedExample Example { get; init; }

    /// <summary>Column, rule, outcome and count.</summary>
    public override string ToString()
        => FormattableString.Invariant($"{ConversationTable.NameOf(Column)}: {Rule}, {Outcome}: {Count}");
}

/// <summary>A cell that stands for others.</summary>
public sealed record PlannedExample
{
    /// <summary>The row's rowid; <see langword="null"/> in a table WITHOUT ROWID.</summary>
    public long? RowId { get; init; }

    /// <summary>The row's key, at most 64 characters; <see langword="null"/> where it is NULL or not valid text.</summary>
    public string? Id { get; init; }

    /// <summary>The cell: its storage class and at most 40 characters of its value.</summary>
    public required string Value { get; init; }

    /// <summary>The row and the cell.</summary>
    public override string ToString()
    {
        var row = (Id, RowId) switch
        {
            (null, null) => "row",
            (null, { } number) => FormattableString.Invariant($"rowid {number}"),
            ({ } id, null) => $"row '{id}'",
            ({ } id, { } number) => FormattableString.Invariant($"row '{id}' (rowid {number})"),
        };
        return $"{row}: {Value}";
    }
}
