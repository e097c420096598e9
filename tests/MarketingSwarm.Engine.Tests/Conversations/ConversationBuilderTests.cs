using FsCheck;
using FsCheck.Fluent;

namespace MarketingSwarm.Engine.Tests.Conversations;

public sealed class ConversationBuilderTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(Scale.Rows(small: 500, full: 20_000));

    // A gap in the sizes so that the builder's buffer grows, is kept, and is given back.
    private static readonly Gen<byte[]> Bytes =
        from size in Gen.Frequency((20, Gen.Choose(0, 40)), (2, Gen.Choose(3000, 9000)), (1, Gen.Choose(1 << 20, (1 << 20) + 9)))
        from fill in Gen.Choose(0, 255)
        select Enumerable.Repeat((byte)fill, size).ToArray();

    private static readonly Gen<long> Numbers = Gen.Choose(int.MinValue, int.MaxValue).Two().Select(pair => ((long)pair.Item1 << 32) ^ (uint)pair.Item2);

    private static readonly Gen<ConversationCell> Cells = Gen.OneOf(
        Gen.Constant(ConversationCell.OfNull()),
        Numbers.Select(ConversationCell.OfInteger),
        Numbers.Select(bits => ConversationCell.OfReal(BitConverter.Int64BitsToDouble(bits))),
        Bytes.Select(bytes => ConversationCell.OfText(bytes)),
        Bytes.Select(bytes => ConversationCell.OfBlob(bytes)));

    [Fact]
    public void EveryCellComesBackFromOneBuilderAfterAnother()
    {
        var builder = new ConversationBuilder();
        Conversation? previous = null;
        ConversationCell[] previousCells = [];
        Prop.ForAll(Cells.ArrayOf(ConversationTable.ColumnCount).ToArbitrary(), cells =>
        {
            var row = Build(builder, cells, rowId: cells.Length);
            Assert.Equal(cells, Read(row));
            Assert.Equal(cells.Sum(Length), row.Size);
            Assert.Equal(10, row.RowId);
            // The row before does not share the builder's buffer.
            if (previous is not null) Assert.Equal(previousCells, Read(previous));
            (previous, previousCells) = (row, cells);
        }).Check(Many);
    }

    [Fact]
    public void TwoRowsAreEqualWhereEveryCellIs() => Prop.ForAll(
        Cells.ArrayOf(ConversationTable.ColumnCount).ToArbitrary(), Cells.ToArbitrary(), (cells, other) =>
        {
            var row = Build(new ConversationBuilder(), cells, rowId: 1);
            var same = Build(new ConversationBuilder(), cells, rowId: null);
            Assert.True(row.Equals(same));
            Assert.Equal(row.GetHashCode(), same.GetHashCode());
            Assert.Empty(row.GetDifference(same));

            for (var i = 0; i < cells.Length; i++)
            {
                var changed = Build(new ConversationBuilder(), [.. cells[..i], other, .. cells[(i + 1)..]], rowId: 1);
                Assert.Equal(cells[i] == other, row.Equals(changed));
                if (row.Equals(changed)) continue;
                // Zero and minus zero are one number, and so are two spellings of one time.
                Assert.Equal(cells[i] is { StorageClass: StorageClass.Real } a && other is { StorageClass: StorageClass.Real } b && a.Real == b.Real ? [] : [ConversationTable.ColumnNames[i]], row.GetDifference(changed));
            }
        }).Check(Many);

    [Theory]
    [InlineData(9)]
    [InlineData(0)]
    public void ARowThatLacksCellsIsNotBuilt(int count)
    {
        var builder = new ConversationBuilder();
        for (var i = 0; i < count; i++) builder.AddInteger(i);

        Assert.Throws<InvalidOperationException>(() => builder.Build(rowId: null));

        builder.Reset();
        Assert.Equal(0, (int)builder.Column);
    }

    [Fact]
    public void TheTwoTimesAreWrittenInTheApplicationsForms()
    {
        var builder = new ConversationBuilder();
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (ConversationTable.IsTimestamp(column)) builder.AddTimestamp(0);
            else builder.AddNull();
        }

        var row = builder.Build(rowId: null);

        Assert.Equal("2000-01-01 00:00:00.000000", row.GetCell("created_at").ToString());
        Assert.Equal("2000-01-01 00:00:00", row.GetCell("CompletedAt").ToString());
    }

    [Fact]
    public void HalfOfACharacterIsRefused()
        => Assert.ThrowsAny<ArgumentException>(() => new Conversation(new Dictionary<string, object?> { ["id"] = "a\ud83d" }));

    private static Conversation Build(ConversationBuilder builder, ConversationCell[] cells, long? rowId)
    {
        foreach (var cell in cells)
        {
            switch (cell.StorageClass)
            {
                case StorageClass.Integer: builder.AddInteger(cell.Integer); break;
                case StorageClass.Real: builder.AddReal(cell.Real); break;
                case StorageClass.Text: builder.AddText(cell.Bytes.Span); break;
                case StorageClass.Blob: builder.AddBlob(cell.Bytes.Span); break;
                default: builder.AddNull(); break;
            }
        }

        return builder.Build(rowId);
    }

    private static ConversationCell[] Read(Conversation row) => [.. ConversationTable.ColumnNames.Select(row.GetCell)];

    private static long Length(ConversationCell cell) => cell.StorageClass is StorageClass.Integer or StorageClass.Real ? 8 : cell.Bytes.Length;
}
