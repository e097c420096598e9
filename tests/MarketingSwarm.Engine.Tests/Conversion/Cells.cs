using System.Globalization;
using System.Text;
using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Tests.Conversion;

/// <summary>Cells and rows written in a line: <c>T:text</c>, <c>X:</c> a text's bytes, <c>B:</c> a BLOB's, <c>I:1</c>, <c>R:1.5</c>, <c>NULL</c>.</summary>
internal static class Cells
{
    internal static ConversationCell Parse(string cell) => cell switch
    {
        "NULL" => ConversationCell.OfNull(),
        ['T', ':', .. var text] => ConversationCell.OfText(Encoding.UTF8.GetBytes(text)),
        ['X', ':', .. var hex] => ConversationCell.OfText(Convert.FromHexString(hex)),
        ['B', ':', .. var hex] => ConversationCell.OfBlob(Convert.FromHexString(hex)),
        ['I', ':', .. var number] => ConversationCell.OfInteger(long.Parse(number, CultureInfo.InvariantCulture)),
        ['R', ':', .. var number] => ConversationCell.OfReal(double.Parse(number, CultureInfo.InvariantCulture)),
        _ => throw new ArgumentException(cell),
    };

    /// <summary>An ordinary row with other cells in some of its columns.</summary>
    internal static byte[] ToImage(params (ConversationColumn Column, ConversationCell Cell)[] cells)
    {
        var builder = new ConversationBuilder();
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var given = cells.LastOrDefault(entry => entry.Column == column).Cell;
            var cell = given.StorageClass != default ? given : column switch
            {
                ConversationColumn.CreatedAt or ConversationColumn.CompletedAt => Parse("T:2025-06-18 18:50:05.000001"),
                ConversationColumn.TotalCost => Parse("R:0"),
                ConversationColumn.AgentResponses => Parse("T:[]"),
                ConversationColumn.ConversationMetadata => Parse("T:{}"),
                ConversationColumn.ErrorMessage => Parse("NULL"),
                _ => Parse($"T:{column}"),
            };
            switch (cell.StorageClass)
            {
                case StorageClass.Integer: builder.AddInteger(cell.Integer); break;
                case StorageClass.Real: builder.AddReal(cell.Real); break;
                case StorageClass.Text: builder.AddText(cell.Bytes.Span); break;
                case StorageClass.Blob: builder.AddBlob(cell.Bytes.Span); break;
                default: builder.AddNull(); break;
            }
        }

        return builder.BuildImage();
    }

    internal static byte[] ToImage(ConversationColumn column, string cell) => ToImage((column, Parse(cell)));

    internal static ConversionSettings Settings(
        ConversionPolicy? policy = null, TimestampForm form = TimestampForm.Application, IReadOnlySet<long>? clashing = null, params TimestampForm[] units)
        => ConversionSettings.ForNewTable().With(policy ?? ConversionPolicy.Default, (form, units), (form, units), clashing);
}
