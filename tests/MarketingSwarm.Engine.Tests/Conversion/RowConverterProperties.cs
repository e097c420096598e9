using FsCheck;
using FsCheck.Fluent;
using MarketingSwarm.Engine.Conversion;
using static MarketingSwarm.Engine.Tests.Conversion.Cells;

namespace MarketingSwarm.Engine.Tests.Conversion;

/// <summary>What holds of any cells, forms and policies.</summary>
public sealed class RowConverterProperties
{
    private static readonly TimestampForm[] ColumnForms = [.. Enum.GetValues<TimestampForm>().Where(TimestampText.HasOneSpelling)];

    private static Gen<long> Longs { get; } =
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        select ((long)high << 32) | (uint)low;

    private static Gen<ConversationCell> Times { get; } =
        from microseconds in Gen.OneOf(Longs.Select(Clamp), Gen.Choose(-978_307_200, 1_000_000_000).Select(second => second * 1_000_000L), Gen.Choose(0, int.MaxValue).Select(millisecond => millisecond * 1000L))
        from column in Gen.Elements(ConversationColumn.CreatedAt, ConversationColumn.CompletedAt)
        from form in Gen.Elements(ColumnForms)
        select Spell(microseconds, column, form);

    private static Gen<ConversationCell> Others { get; } = Gen.OneOf(
        Gen.Constant(ConversationCell.OfNull()),
        Longs.Select(ConversationCell.OfInteger),
        Gen.Elements(0L, 1, -1, 1_750_272_605, 1_750_272_605_123, 1_750_272_605_123_456, long.MaxValue).Select(ConversationCell.OfInteger),
        Longs.Select(BitConverter.Int64BitsToDouble).Where(value => !double.IsNaN(value)).Select(ConversationCell.OfReal),
        Gen.Elements(2_460_845.28478, 1_750_272_605.5, double.PositiveInfinity, 1.0).Select(ConversationCell.OfReal),
        Bytes().Select(bytes => ConversationCell.OfText(bytes)),
        Bytes().Select(bytes => ConversationCell.OfBlob(bytes)),
        Gen.Elements("2025-06-18 18:50:05+05:30", "2025-06-18 18:50:05.1234567", "2025-02-30 00:00:00", "now").Select(text => ConversationCell.OfText(System.Text.Encoding.UTF8.GetBytes(text))));

    private static Gen<(ConversationColumn, ConversationCell)[]> Rows { get; } =
        from others in Gen.ArrayOf(Others, ConversationTable.ColumnCount)
        from times in Gen.ArrayOf(Times, 2)
        from hasTimes in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false)))
        from texts in Gen.Choose(0, 1023)
        select Enum.GetValues<ConversationColumn>()
            // Where nothing is said of a column, its cell is an ordinary one: else no row would ever be plain.
            .Where(column => (texts & (1 << (int)column)) != 0 || (hasTimes && ConversationTable.IsTimestamp(column)))
            .Select(column => (column, hasTimes && ConversationTable.IsTimestamp(column) ? times[column - ConversationColumn.CreatedAt] : others[(int)column]))
            .ToArray();

    private static Gen<ConversionSettings> AllSettings { get; } =
        from nul in Gen.Elements(Enum.GetValues<NulAction>())
        from invalid in Gen.Elements(Enum.GetValues<InvalidTextAction>())
        from nullKey in Gen.Elements(Enum.GetValues<NullKeyAction>())
        from offset in Gen.Elements(Enum.GetValues<OffsetAction>())
        from fraction in Gen.Elements(Enum.GetValues<LongFractionAction>())
        from form in Gen.Elements(ColumnForms)
        from units in Gen.SubListOf(Enum.GetValues<TimestampForm>().Where(TimestampText.IsNumeric))
        from convertsKeys in Gen.Elements(true, false)
        select Settings(
            new ConversionPolicy { OnNul = nul, OnInvalidText = invalid, OnNullKey = nullKey, OnOffset = offset, OnLongFraction = fraction },
            form, convertsKeys ? new HashSet<long>() : null, [.. units]);

    [Fact]
    public void ARowIsPlainExactlyWhereItsVerdictIsEmpty() => Prop.ForAll(Rows.ToArbitrary(), AllSettings.ToArbitrary(), (cells, settings) =>
    {
        var row = new ConversationImage(ToImage(cells));
        var converter = new RowConverter(settings);
        Span<long> plain = stackalloc long[2];
        Span<long> judged = stackalloc long[2];

        var isPlain = converter.IsPlain(row, rowId: 7, plain);
        var verdict = converter.Judge(row, rowId: 7, judged);

        Assert.Equal(isPlain, verdict.RowRule is null && verdict.Cells.Count == 0);
        if (isPlain) Assert.True(plain.SequenceEqual(judged) || cells.Any(cell => ConversationTable.IsTimestamp(cell.Item1) && cell.Item2.StorageClass == StorageClass.Null));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void EveryCellIsStoredAsItIsOrNamedInTheVerdict() => Prop.ForAll(Rows.ToArbitrary(), AllSettings.ToArbitrary(), (cells, settings) =>
    {
        var image = ToImage(cells);
        Span<long> times = stackalloc long[2];
        var verdict = new RowConverter(settings).Judge(new ConversationImage(image), rowId: 7, times);
        Assert.Equal(verdict.Cells.Select(cell => cell.Column).Distinct().Order(), verdict.Cells.Select(cell => cell.Column));
        foreach (var (column, cell) in cells)
        {
            if (verdict.Find(column) is { } converted)
            {
                Assert.Equal(converted.Outcome == CellOutcome.Quarantined, converted.Stored is null);
                Assert.NotEmpty(converted.Reason);
                Assert.True(converted.Stored is null || !IsText(column) || IsStorable(converted.Stored, settings.GreatestLength[(int)column]));
            }
            else if (cell.StorageClass == StorageClass.Null)
            {
                Assert.True(verdict.RowRule is not null || (column != ConversationColumn.Id && !settings.IsRequired[(int)column]));
            }
            else if (IsText(column))
            {
                Assert.True(verdict.RowRule is not null || (cell.StorageClass == StorageClass.Text && IsStorable(cell.Bytes.Span, settings.GreatestLength[(int)column])));
            }
            else if (column == ConversationColumn.TotalCost)
            {
                Assert.Equal(StorageClass.Real, cell.StorageClass);
            }
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void APlainTimeIsSpelledAgainWithTheSameBytes() => Prop.ForAll(Times.ToArbitrary(), Gen.Elements(ColumnForms).ToArbitrary(), (cell, form) =>
    {
        Span<long> times = stackalloc long[2];
        foreach (var column in (ConversationColumn[])[ConversationColumn.CreatedAt, ConversationColumn.CompletedAt])
        {
            var row = new ConversationImage(ToImage((ConversationColumn.CreatedAt, ConversationCell.OfNull()), (ConversationColumn.CompletedAt, ConversationCell.OfNull()), (column, cell)));
            if (!new RowConverter(Settings(form: form, units: ColumnForms)).IsPlain(row, rowId: null, times)) continue;
            Assert.Equal(cell, Spell(times[column - ConversationColumn.CreatedAt], column, form));
        }
    }).QuickCheckThrowOnFailure();

    private static long Clamp(long value)
        => SwarmTimestamp.MinMicroseconds + (long)((ulong)value % (ulong)(SwarmTimestamp.MaxMicroseconds - SwarmTimestamp.MinMicroseconds + 1));

    private static ConversationCell Spell(long microseconds, ConversationColumn column, TimestampForm form)
    {
        var builder = new ConversationBuilder();
        while (builder.Column < column) builder.AddNull();
        TimestampText.AddTo(builder, microseconds, form);
        return new ConversationImage(builder.BuildEmptyImage()).ToConversation(rowId: null).GetCell(column);
    }

    private static Gen<byte[]> Bytes() => Gen.OneOf(
        Gen.Choose(0, 255).Select(unit => (byte)unit).ArrayOf(),
        Gen.Choose(0, 0x10FFFF).Where(value => value is < 0xD800 or > 0xDFFF).Select(value => new System.Text.Rune(value).ToString()).ArrayOf().Select(runes => System.Text.Encoding.UTF8.GetBytes(string.Concat(runes))),
        Gen.Choose(2600, 2800).Select(length => System.Text.Encoding.ASCII.GetBytes(new string('x', length))));

    private static bool IsText(ConversationColumn column) => ConversationTable.IsText(ConversationTable.NameOf(column));

    private static bool IsStorable(ReadOnlySpan<byte> bytes, int greatestLength)
        => bytes.Length <= greatestLength && !bytes.Contains((byte)0) && System.Text.Unicode.Utf8.IsValid(bytes);
}
