using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Tests.Archives;

/// <summary>These tests measure the process, so no other may run beside them.</summary>
[CollectionDefinition(nameof(ArchiveMemoryTests), DisableParallelization = true)]
public sealed class ArchiveMemoryCollection;

[Collection(nameof(ArchiveMemoryTests))]
public sealed class ArchiveMemoryTests
{
    private const int RowCount = 50_000;

    // The rows hold 50 MB together, a tenth of it in cells that JSON cannot hold; what the buffers take is 1 MB.
    private const long Allowance = 4_000_000;

    public static TheoryData<ArchiveFormat, bool> Kinds => ArchiveFiles.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Memory_does_not_grow_with_the_rows(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        var path = folder.File("archive");
        long atStart = 0, atEnd = 0;
        using (var writer = ArchiveWriter.Create(path, format, gzip, overwrite: false))
        {
            foreach (var (number, row) in Rows().Index())
            {
                writer.Write(row);
                if (number == 100) atStart = GC.GetTotalMemory(forceFullCollection: true);
            }

            atEnd = GC.GetTotalMemory(forceFullCollection: true);
            Assert.Equal(RowCount, writer.Complete().Rows);
        }

        Assert.InRange(atEnd - atStart, long.MinValue, Allowance);

        using var reader = ArchiveReader.Open(path, ConversationFilter.All, TestContext.Current.CancellationToken);
        using var expected = Rows().GetEnumerator();
        var count = 0;
        foreach (var result in reader.Read(TestContext.Current.CancellationToken))
        {
            Assert.True(expected.MoveNext());
            if (!expected.Current.Equals(result.Row)) Assert.Fail($"Row {count} differs.");
            if (count == 100) atStart = GC.GetTotalMemory(forceFullCollection: true);
            if (++count == RowCount) atEnd = GC.GetTotalMemory(forceFullCollection: true);
        }

        Assert.Equal(RowCount, count);
        Assert.InRange(atEnd - atStart, long.MinValue, Allowance);
    }

    private static IEnumerable<Conversation> Rows()
    {
        var random = new Random(5);
        var bytes = new byte[500];
        for (var i = 0; i < RowCount; i++)
        {
            random.NextBytes(bytes);
            yield return ArchiveFiles.Row(
                (ConversationColumn.Id, ArchiveFiles.Text($"c-{i}")),
                (ConversationColumn.UserQuery, ArchiveFiles.Text(Convert.ToHexString(bytes))),
                (ConversationColumn.ErrorMessage, i % 10 == 0 ? ConversationCell.OfBlob(bytes.ToArray()) : ConversationCell.OfNull()));
        }
    }
}
