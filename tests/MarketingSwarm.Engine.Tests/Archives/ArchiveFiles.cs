using System.Text;
using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Tests.Archives;

/// <summary>Makes rows and archives for the tests.</summary>
internal static class ArchiveFiles
{
    /// <summary>Every way in which an archive is written.</summary>
    public static readonly TheoryData<ArchiveFormat, bool> Kinds = new()
    {
        { ArchiveFormat.Json, false }, { ArchiveFormat.Json, true }, { ArchiveFormat.Ndjson, false }, { ArchiveFormat.Ndjson, true },
    };

    /// <summary>A row as a database holds it: a text, a number, bytes or nothing a column.</summary>
    internal static Conversation Row(params (ConversationColumn Column, ConversationCell Cell)[] cells)
    {
        var builder = new ConversationBuilder();
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var cell = cells.FirstOrDefault(candidate => candidate.Column == column && candidate.Cell.StorageClass != default).Cell;
            Add(builder, cell);
        }

        return builder.Build(rowId: null);
    }

    internal static Conversation Row(IReadOnlyList<ConversationCell> cells)
    {
        var builder = new ConversationBuilder();
        foreach (var cell in cells) Add(builder, cell);
        return builder.Build(rowId: null);
    }

    internal static ConversationCell Text(string text) => ConversationCell.OfText(Encoding.UTF8.GetBytes(text));

    /// <summary>An ordinary row, and one with every kind of cell that JSON cannot hold.</summary>
    internal static Conversation[] Few() =>
    [
        Row(
            (ConversationColumn.Id, Text("c-1")), (ConversationColumn.UserQuery, Text("Wie verkaufe ich &lt;Öl&gt;? 🛢 \"\\\n")), (ConversationColumn.Status, Text("completed")),
            (ConversationColumn.CreatedAt, Text("2025-06-18 18:50:03.000001")), (ConversationColumn.AgentResponses, Text("[{\"agent\":\"sarah\",\"response\":\"\\ud83d\"}]")),
            (ConversationColumn.TotalCost, ConversationCell.OfReal(0.0))),
        Row(
            (ConversationColumn.Id, ConversationCell.OfText(new byte[] { 0x63, 0xFF })), (ConversationColumn.UserQuery, ConversationCell.OfBlob(new byte[] { 0, 255, 16, 254 })),
            (ConversationColumn.CreatedAt, ConversationCell.OfInteger(1750272603)), (ConversationColumn.AgentResponses, ConversationCell.OfBlob(Array.Empty<byte>())),
            (ConversationColumn.TotalCost, ConversationCell.OfReal(double.NegativeInfinity))),
        Row((ConversationColumn.Id, Text("c-3")), (ConversationColumn.UserQuery, Text("a\0b")), (ConversationColumn.TotalCost, ConversationCell.OfReal(-0.0))),
    ];

    internal static ExportSummary Write(string path, IEnumerable<Conversation> rows, ArchiveFormat format, bool gzip)
    {
        using var writer = ArchiveWriter.Create(path, format, gzip, overwrite: true);
        foreach (var row in rows) writer.Write(row);
        return writer.Complete();
    }

    internal static List<ReadResult> ReadResults(string path, ConversationFilter? filter = null)
    {
        using var reader = ArchiveReader.Open(path, filter ?? ConversationFilter.All, TestContext.Current.CancellationToken);
        return [.. reader.Read(TestContext.Current.CancellationToken)];
    }

    internal static List<Conversation> Read(string path, ConversationFilter? filter = null)
        => ReadResults(path, filter).ConvertAll(result => result.Row ?? throw result.Error!);

    internal static string WriteText(this TempFolder folder, string text, string name = "archive")
    {
        var path = folder.File(name);
        File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return path;
    }

    private static void Add(ConversationBuilder builder, ConversationCell cell)
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
}
