using System.Globalization;
using System.Text;
using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   The times of a plan, kept in buckets whose cells the converter all treats alike, so that a sample of each says what becomes of
///   them under any form, policy and approved units, without reading the source again.
/// </summary>
internal static class PlanTimes
{
    /// <summary>How many buckets a column has.</summary>
    internal const int BucketCount = ((int)TimestampForm.None + 1) * VariantCount;

    // The four storage classes that a time may have, and text of a whole second.
    private const int VariantCount = 5;
    private const int GreatestSampleLength = 64;
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>Reads a cell of a column of times; <see cref="TimestampForm.None"/> where it is none.</summary>
    internal static ParsedTimestamp Read(ConversationImage row, ConversationColumn column, StorageClass storageClass) => storageClass switch
    {
        StorageClass.Text when TimestampText.TryParse(row.GetBytes(column), out var time) => time,
        StorageClass.Integer => TimestampText.ReadInteger(row.GetInteger(column)),
        StorageClass.Real => TimestampText.ReadReal(row.GetReal(column)),
        _ => ParsedTimestamp.NotATime,
    };

    /// <summary>The application spells a whole second in six digits in one of the two columns only.</summary>
    internal static bool IsWholeSecond(ParsedTimestamp time) => time.Form == TimestampForm.SixDigits && time.Microseconds % MicrosecondsPerSecond == 0;

    internal static int GetBucket(ParsedTimestamp time, StorageClass storageClass)
        => (int)time.Form * VariantCount + (IsWholeSecond(time) ? 0 : (int)storageClass);

    /// <summary>A cell as a sample, from which <see cref="ToRules"/> makes a cell of the same bucket.</summary>
    internal static string Describe(ConversationImage row, long? rowId, ConversationColumn column, ParsedTimestamp time)
    {
        var text = row.ToConversation(rowId).GetCell(column).ToString();
        return time.Form == TimestampForm.None ? Shorten(text) : text[..Math.Min(text.Length, GreatestSampleLength)];
    }

    /// <summary>At most 64 characters of a text, without control characters.</summary>
    internal static string Shorten(string text)
    {
        var shortened = text.Length <= GreatestSampleLength ? text : text[..(GreatestSampleLength - 1)] + "…";
        return string.Concat(shortened.Select(c => char.IsControl(c) ? '\uFFFD' : c));
    }

    /// <summary>The cell of a sample.</summary>
    /// <returns><see langword="null"/> where the sample is none of its bucket.</returns>
    internal static byte[]? ToImage(TimestampFormCount count, ConversationColumn column)
    {
        var builder = new ConversationBuilder();
        while (builder.Column < column) builder.AddNull();
        switch (count.StorageClass)
        {
            case StorageClass.Integer when long.TryParse(count.Sample, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer):
                builder.AddInteger(integer);
                break;
            case StorageClass.Real when double.TryParse(count.Sample, NumberStyles.Float, CultureInfo.InvariantCulture, out var real):
                builder.AddReal(real);
                break;
            case StorageClass.Text:
                builder.AddText(Encoding.UTF8.GetBytes(count.Sample));
                break;
            case StorageClass.Blob:
                builder.AddBlob([]);
                break;
            default:
                return null;
        }

        var image = builder.BuildEmptyImage();
        var time = Read(new ConversationImage(image), column, count.StorageClass);
        return time.Form == count.Form && IsWholeSecond(time) == count.IsWholeSecond ? image : null;
    }

    /// <summary>The form of a column: the application's, unless another that has one spelling covers more cells.</summary>
    internal static TimestampForm ChooseForm(ColumnPlan column, Func<TimestampForm, ConversionSettings> withForm)
        => Enum.GetValues<TimestampForm>().Where(TimestampText.HasOneSpelling).MaxBy(form => CountPlain(column, withForm(form)));

    /// <summary>What the converter will do with a column's times in rows that it loads.</summary>
    internal static IEnumerable<PlannedRule> ToRules(ColumnPlan column, ConversionSettings settings)
        => from entry in Judge(column, settings)
           where entry.Cell is not null
           group entry by (entry.Cell!.Rule, entry.Cell.Outcome) into cells
           let first = cells.MaxBy(cell => cell.Count.Loaded)
           select new PlannedRule
           {
               Column = column.Column,
               Rule = cells.Key.Rule,
               Outcome = cells.Key.Outcome,
               Count = cells.Sum(cell => cell.Count.Loaded),
               Reason = string.Join("; ", cells.DistinctBy(cell => cell.Count.Form).Select(cell => cell.Cell!.Reason).Distinct()),
               Example = first.Count.Example,
           };

    private static long CountPlain(ColumnPlan column, ConversionSettings settings)
        => Judge(column, settings).Where(entry => entry.Cell is null).Sum(entry => entry.Count.Loaded);

    private static IEnumerable<(TimestampFormCount Count, ConvertedCell? Cell)> Judge(ColumnPlan column, ConversionSettings settings)
    {
        var converter = new RowConverter(settings);
        foreach (var count in column.Forms!)
        {
            if (count.Loaded > 0) yield return (count, JudgeSample(converter, count, column.Column));
        }
    }

    private static ConvertedCell? JudgeSample(RowConverter converter, TimestampFormCount count, ConversationColumn column)
    {
        Span<long> times = stackalloc long[2];
        return converter.Judge(new ConversationImage(ToImage(count, column)!), rowId: null, times).Find(column);
    }
}
