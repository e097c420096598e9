using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Tests.Archives;

public sealed class ArchiveRoundTripTests
{
    public static TheoryData<ArchiveFormat, bool> Kinds => ArchiveFiles.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_storage_class_and_hazard_comes_back_with_the_same_bits(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        double[] reals =
        [
            0.0, -0.0, 1, -1, 0.1, 1.0 / 3, 1e15, 1e16, 1e17, 123456789012345680, 5e-324, -5e-324, 2.2250738585072011e-308, double.MinValue, double.MaxValue,
            1e308, 1e-7, double.PositiveInfinity, double.NegativeInfinity, double.NaN, BitConverter.UInt64BitsToDouble(0x7FF0_0000_0000_0001),
        ];
        long[] integers = [0, -1, 1, long.MinValue, long.MaxValue, (1L << 53) + 1];
        string[] texts = ["", " ", "null", "NaN", "\0", "a\0b", "\"\\/\b\f\n\r\t\u001F\u007F\u0085", "\u2028\u2029\uFEFF\uFFFE\uFFFF", "🛢\U0010FFFF", "</script>&'+", "{\"swarm\":1}"];
        byte[][] bytes = [[], [0], [0xFF], [0xED, 0xA0, 0xBD], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0xC3], [.. Enumerable.Range(0, 256).Select(i => (byte)i)]];
        var cells = reals.Select(ConversationCell.OfReal)
            .Concat(integers.Select(ConversationCell.OfInteger))
            .Concat(texts.Select(ArchiveFiles.Text))
            .Concat(bytes.Select(value => ConversationCell.OfText(value)))
            .Concat(bytes.Select(value => ConversationCell.OfBlob(value)))
            .ToList();

        // Each cell once in every column.
        var rows = cells.Select((_, shift) => ArchiveFiles.Row([.. Enumerable.Range(0, 10).Select(column => cells[(shift + column) % cells.Count])])).ToList();
        var path = folder.File("hazards");
        var summary = ArchiveFiles.Write(path, rows, format, gzip);

        Assert.Equal(rows, ArchiveFiles.Read(path));
        Assert.Equal(rows.Count, summary.Rows);
        Assert.Equal(10 * cells.Count(cell => !IsJson(cell)), summary.EncodedCells);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Random_rows_come_back_with_the_same_bits(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        var path = folder.File("random");
        Prop.ForAll(Rows().ToArbitrary(), rows =>
        {
            ArchiveFiles.Write(path, rows, format, gzip);
            return ArchiveFiles.Read(path).SequenceEqual(rows);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Scale.Rows(small: 150, full: 5000)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Values_longer_than_every_buffer_come_back(ArchiveFormat format, bool gzip)
    {
        // Characters of 1 to 4 bytes, so that pieces end within characters; and bytes, whose base64 is padded at its end alone.
        var text = new StringBuilder();
        for (var i = 0; text.Length < 700_000; i++) text.Append("aé€🛢\"\\\n"[..^(i % 3)]);
        var blob = new byte[500_001];
        new Random(7).NextBytes(blob);
        var rows = Enumerable.Range(0, 6).Select(i => ArchiveFiles.Row(
            (ConversationColumn.Id, ArchiveFiles.Text($"c-{i}")),
            (ConversationColumn.UserQuery, ArchiveFiles.Text(text.ToString(0, 100_000 * (i + 1)).TrimEnd('\uD83D'))),
            (ConversationColumn.AgentResponses, ConversationCell.OfBlob(blob.AsMemory(0, 83_333 * i))),
            (ConversationColumn.ErrorMessage, ConversationCell.OfText(blob.AsMemory(i))))).ToList();

        using var folder = new TempFolder();
        var path = folder.File("large");
        ArchiveFiles.Write(path, rows, format, gzip);

        Assert.Equal(rows, ArchiveFiles.Read(path));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rows_of_every_length_around_the_buffers_come_back(ArchiveFormat format, bool gzip)
    {
        var random = new Random(11);
        var rows = Enumerable.Range(0, 400).Select(i => ArchiveFiles.Row(
            (ConversationColumn.Id, ArchiveFiles.Text($"c-{i}")),
            (ConversationColumn.UserQuery, ArchiveFiles.Text(Convert.ToHexString(Bytes(random, random.Next(3000))))))).ToList();

        using var folder = new TempFolder();
        var path = folder.File("many");
        ArchiveFiles.Write(path, rows, format, gzip);

        Assert.Equal(rows, ArchiveFiles.Read(path));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_archive_of_no_rows_is_one(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        var path = folder.File("none");
        Assert.Equal(0, ArchiveFiles.Write(path, [], format, gzip).Rows);

        Assert.Empty(ArchiveFiles.Read(path));
    }

    [Fact]
    public void What_NDJSON_of_no_rows_is_compressed_to_is_gzip_to_others()
    {
        Assert.SkipWhen(Programs.Find("gzip") is null, "There is no gzip program.");
        using var folder = new TempFolder();
        var path = folder.File("none.ndjson.gz");
        ArchiveFiles.Write(path, [], ArchiveFormat.Ndjson, gzip: true);

        Assert.Equal(0, Programs.Run("gzip", ["--test", path]).ExitCode);
    }

    [Fact]
    public void The_reader_says_what_it_knows()
    {
        using var folder = new TempFolder();
        var path = folder.File("few");
        var token = TestContext.Current.CancellationToken;

        ArchiveFiles.Write(path, ArchiveFiles.Few(), ArchiveFormat.Json, gzip: true);
        using (var reader = ArchiveReader.Open(path, ConversationFilter.All, token))
        {
            Assert.Equal((ArchiveFormat.Json, 3L), (reader.Format, reader.ExpectedRows));
            Assert.Empty(reader.Warnings);
            Assert.Equal(3, reader.Read(token).Count());
        }

        using (var reader = ArchiveReader.Open(path, new ConversationFilter { First = 2 }, token)) Assert.Equal(2, reader.ExpectedRows);
        using (var reader = ArchiveReader.Open(path, new ConversationFilter { Statuses = ["failed"] }, token)) Assert.Null(reader.ExpectedRows);

        ArchiveFiles.Write(path, ArchiveFiles.Few(), ArchiveFormat.Ndjson, gzip: false);
        using (var reader = ArchiveReader.Open(path, ConversationFilter.All, token))
        {
            Assert.Equal((ArchiveFormat.Ndjson, null), (reader.Format, reader.ExpectedRows));
            Assert.Empty(reader.Warnings);
        }

        File.Delete(path + ".sha256");
        using (var reader = ArchiveReader.Open(path, ConversationFilter.All, token)) Assert.Contains(path + ".sha256", Assert.Single(reader.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_stops_when_it_is_cancelled()
    {
        using var folder = new TempFolder();
        var path = folder.File("few");
        ArchiveFiles.Write(path, ArchiveFiles.Few(), ArchiveFormat.Ndjson, gzip: false);
        using var stop = new CancellationTokenSource();
        using var reader = ArchiveReader.Open(path, ConversationFilter.All, stop.Token);
        using var rows = reader.Read(stop.Token).GetEnumerator();
        Assert.True(rows.MoveNext());
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(() => rows.MoveNext());
        Assert.Throws<OperationCanceledException>(() => ArchiveReader.Open(path, ConversationFilter.All, stop.Token));
    }

    private static bool IsJson(ConversationCell cell) => cell.StorageClass switch
    {
        StorageClass.Real => double.IsFinite(cell.Real),
        StorageClass.Text => System.Text.Unicode.Utf8.IsValid(cell.Bytes.Span),
        _ => cell.StorageClass != StorageClass.Blob,
    };

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static Gen<Conversation[]> Rows()
    {
        var bytes = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf();
        var long64 = Gen.Choose(int.MinValue, int.MaxValue).Two().Select(pair => ((long)pair.Item1 << 32) ^ (uint)pair.Item2);
        var characters = Gen.OneOf(Gen.Choose(0, 0x7F), Gen.Choose(0x80, 0xD7FF), Gen.Choose(0xE000, 0xFFFF), Gen.Choose(0x10000, 0x10FFFF));
        var cell = Gen.OneOf(
            Gen.Constant(ConversationCell.OfNull()),
            long64.Select(ConversationCell.OfInteger),
            long64.Select(bits => ConversationCell.OfReal(BitConverter.Int64BitsToDouble(bits))),
            Gen.Choose(-1000, 1000).Select(value => ConversationCell.OfReal(value / 10.0)),
            characters.ArrayOf().Select(values => ArchiveFiles.Text(string.Concat(values.Select(char.ConvertFromUtf32)))),
            bytes.Select(value => ConversationCell.OfText(value)),
            bytes.Select(value => ConversationCell.OfBlob(value)));
        return cell.ArrayOf(ConversationTable.ColumnCount).Select(ArchiveFiles.Row).ArrayOf();
    }
}
