using System.Text.Unicode;
using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Counts, row by row, what a source's columns hold and what the converter decides, in the application's form of times; which form is
///   the better one is known at the end alone, and what it changes follows from the counts (<see cref="PlanTimes"/>).
/// </summary>
internal sealed class PlanStatistics(ConversionSettings settings)
{
    private readonly RowConverter _converter = new(settings);
    private readonly JsonInspector _json = new();
    private readonly ColumnCounts[] _columns = [.. Enumerable.Range(0, ConversationTable.ColumnCount).Select(_ => new ColumnCounts())];
    private readonly Dictionary<(ConversationColumn Column, ConversionRule Rule, CellOutcome Outcome, ConversionRule? Cause), Tally> _rules = [];

    /// <summary>Rows counted.</summary>
    internal long Rows { get; private set; }

    /// <summary>The bytes of their cells.</summary>
    internal long CellBytes { get; private set; }

    /// <summary>Counts a row.</summary>
    internal void Add(ConversationImage row, long? rowId)
    {
        Rows++;
        CellBytes += row.Size;
        Span<long> times = stackalloc long[2];
        var isPlain = _converter.IsPlain(row, rowId, times);
        var verdict = isPlain ? null : _converter.Judge(row, rowId, times);
        var isLoaded = verdict?.RowRule is null;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var storageClass = row.GetStorageClass(column);
            var counts = _columns[(int)column];
            counts.Classes[(int)storageClass]++;
            if (storageClass == StorageClass.Null) continue;
            if (storageClass is StorageClass.Text or StorageClass.Blob) counts.AddLength(row.GetBytes(column).Length, settings.GreatestLength[(int)column]);
            if (ConversationTable.IsTimestamp(column)) AddTime(row, rowId, column, storageClass, isLoaded);
            else if (storageClass == StorageClass.Text) AddText(counts, column, row.GetBytes(column), isPlain);
        }

        if (verdict is null) return;
        if (settings.ClashingRows.Count > 0 && rowId is { } number && settings.ClashingRows.Contains(number)) _columns[0].Clashing++;
        if (verdict.RowRule is { } rule)
        {
            AddRule(row, rowId, verdict.RowColumn, rule, CellOutcome.RowQuarantined, verdict.RowReason, FindCause(verdict));
            return;
        }

        foreach (var cell in verdict.Cells)
        {
            // Those of the times are found from their forms.
            if (!ConversationTable.IsTimestamp(cell.Column)) AddRule(row, rowId, cell.Column, cell.Rule, cell.Outcome, cell.Reason);
        }
    }

    /// <summary>What was counted in each column, the form of the times not yet chosen.</summary>
    internal IReadOnlyList<ColumnPlan> GetColumns()
        => [.. _columns.Select((counts, index) => counts.ToPlan((ConversationColumn)index, settings))];

    /// <summary>The rules of all but the times' cells.</summary>
    internal IEnumerable<PlannedRule> GetRules() => _rules.Select(entry => new PlannedRule
    {
        Column = entry.Key.Column,
        Rule = entry.Key.Rule,
        Outcome = entry.Key.Outcome,
        Cause = entry.Key.Cause,
        Count = entry.Value.Count,
        Reason = entry.Value.Reason,
        Example = entry.Value.Example,
    });

    private void AddText(ColumnCounts counts, ConversationColumn column, ReadOnlySpan<byte> text, bool isPlain)
    {
        // A plain row's texts are known to be valid and without NUL.
        var isValid = isPlain || Utf8.IsValid(text);
        if (!isValid) counts.InvalidTexts++;
        if (!isPlain && text.Contains((byte)0)) counts.NulTexts++;
        if (column is not (ConversationColumn.AgentResponses or ConversationColumn.ConversationMetadata)) return;
        var traits = isValid ? _json.Inspect(text) : JsonTraits.Invalid;
        counts.AddJson(traits);
    }

    private void AddTime(ConversationImage row, long? rowId, ConversationColumn column, StorageClass storageClass, bool isLoaded)
    {
        var time = PlanTimes.Read(row, column, storageClass);
        var bucket = _columns[(int)column].Times[PlanTimes.GetBucket(time, storageClass)] ??= new TimeTally(
            time, storageClass, PlanTimes.Describe(row, rowId, column, time), DescribeExample(row, rowId, column));
        bucket.Count++;
        if (isLoaded) bucket.Loaded++;
    }

    private static ConversionRule? FindCause(RowVerdict verdict)
        => verdict.RowRule == ConversionRule.RequiredValueMissing ? verdict.Find(verdict.RowColumn)?.Rule : null;

    private void AddRule(ConversationImage row, long? rowId, ConversationColumn column, ConversionRule rule, CellOutcome outcome, string reason, ConversionRule? cause = null)
    {
        if (!_rules.TryGetValue((column, rule, outcome, cause), out var tally))
            _rules.Add((column, rule, outcome, cause), tally = new Tally(reason, DescribeExample(row, rowId, column)));
        tally.Count++;
    }

    /// <summary>A cell as an example.</summary>
    internal static PlannedExample DescribeExample(ConversationImage row, long? rowId, ConversationColumn column)
    {
        var conversation = row.ToConversation(rowId);
        var id = row.GetStorageClass(ConversationColumn.Id) == StorageClass.Text ? conversation.GetCell(ConversationColumn.Id).ToObject() as string : null;
        return new PlannedExample { RowId = rowId, Id = id is null ? null : PlanTimes.Shorten(id), Value = SwarmDataException.Describe(conversation.GetCell(column)) };
    }

    private sealed class Tally(string reason, PlannedExample example)
    {
        internal long Count { get; set; }

        internal string Reason => reason;

        internal PlannedExample Example => example;
    }

    private sealed class TimeTally(ParsedTimestamp time, StorageClass storageClass, string sample, PlannedExample example)
    {
        internal long Count { get; set; }

        internal long Loaded { get; set; }

        internal TimestampFormCount ToCount() => new()
        {
            Form = time.Form,
            StorageClass = storageClass,
            IsWholeSecond = PlanTimes.IsWholeSecond(time),
            Count = Count,
            Loaded = Loaded,
            Sample = sample,
            Reading = time.Form == TimestampForm.None ? "" : time.ToString(),
            Example = example,
        };
    }

    private sealed class ColumnCounts
    {
        private long _empty;
        private long _overLong;
        private int? _minLength;
        private int? _maxLength;
        private long _valid;
        private long _invalid;
        private long _pythonOnly;
        private long _nulEscapes;
        private long _loneSurrogates;
        private long _duplicateKeys;

        /// <summary>The index is the <see cref="StorageClass"/>.</summary>
        internal long[] Classes { get; } = new long[6];

        /// <summary>The index is <see cref="PlanTimes.GetBucket"/>'s.</summary>
        internal TimeTally?[] Times { get; } = new TimeTally?[PlanTimes.BucketCount];

        internal long NulTexts { get; set; }

        internal long InvalidTexts { get; set; }

        internal long Clashing { get; set; }

        internal void AddLength(int length, int greatest)
        {
            if (length == 0) _empty++;
            if (length > greatest) _overLong++;
            if (!(length >= _minLength)) _minLength = length;
            if (!(length <= _maxLength)) _maxLength = length;
        }

        internal void AddJson(JsonTraits traits)
        {
            if (traits == JsonTraits.Invalid) _invalid++;
            if ((traits & JsonTraits.Valid) != 0) _valid++;
            if ((traits & JsonTraits.PythonOnly) != 0) _pythonOnly++;
            if ((traits & JsonTraits.NulEscape) != 0) _nulEscapes++;
            if ((traits & JsonTraits.LoneSurrogate) != 0) _loneSurrogates++;
            if ((traits & JsonTraits.DuplicateKey) != 0) _duplicateKeys++;
        }

        internal ColumnPlan ToPlan(ConversationColumn column, ConversionSettings settings)
        {
            var isTime = ConversationTable.IsTimestamp(column);
            var greatest = settings.GreatestLength[(int)column];
            return new ColumnPlan
            {
                Column = column,
                IsRequired = settings.IsRequired[(int)column],
                GreatestLength = greatest == int.MaxValue ? null : greatest,
                Form = isTime ? TimestampForm.Application : null,
                ApprovedUnits = isTime ? [.. column == ConversationColumn.CreatedAt ? settings.CreatedAtUnits : settings.CompletedAtUnits] : null,
                Nulls = Classes[(int)StorageClass.Null],
                Integers = Classes[(int)StorageClass.Integer],
                Reals = Classes[(int)StorageClass.Real],
                Texts = Classes[(int)StorageClass.Text],
                Blobs = Classes[(int)StorageClass.Blob],
                Empty = _empty,
                MinLength = _minLength,
                MaxLength = _maxLength,
                OverLong = _overLong,
                NulTexts = NulTexts,
                InvalidTexts = InvalidTexts,
                Clashing = Clashing,
                Forms = isTime ? [.. Times.OfType<TimeTally>().OrderByDescending(tally => tally.Count).Select(tally => tally.ToCount())] : null,
                Json = column is ConversationColumn.AgentResponses or ConversationColumn.ConversationMetadata
                    ? new JsonCounts
                    {
                        Valid = _valid,
                        Invalid = _invalid,
                        PythonOnly = _pythonOnly,
                        NulEscapes = _nulEscapes,
                        LoneSurrogates = _loneSurrogates,
                        DuplicateKeys = _duplicateKeys,
                    }
                    : null,
            };
        }
    }
}
