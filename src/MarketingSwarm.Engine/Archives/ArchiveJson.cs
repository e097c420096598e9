using System.Text;
using System.Text.Json;

namespace MarketingSwarm.Engine.Archives;

/// <summary>The names that an archive uses besides those of the columns, and the names of the columns as JSON wants them.</summary>
internal static class ArchiveJson
{
    internal const string ExportDate = "export_date";
    internal const string Conversations = "conversations";
    internal const string TotalCount = "total_count";

    /// <summary>Holds the cells that JSON cannot: at the top of the plan's JSON, in the row in NDJSON.</summary>
    internal const string Swarm = "swarm";
    internal const string Format = "format";
    internal const string Cells = "cells";
    internal const string Row = "row";
    internal const string Column = "column";
    internal const string StorageClass = "storage_class";
    internal const string Base64 = "base64";

    /// <summary>The number that stands in <c>swarm.format</c>; it rises when a reader of today could misread what is written.</summary>
    internal const int FormatVersion = 1;

    /// <summary>The columns' names in UTF-8; the index is the <see cref="ConversationColumn"/>.</summary>
    internal static readonly byte[][] Utf8Columns = [.. ConversationTable.ColumnNames.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The columns' names, ready to be written.</summary>
    internal static readonly JsonEncodedText[] EncodedColumns = [.. ConversationTable.ColumnNames.Select(name => JsonEncodedText.Encode(name))];

    /// <summary>A storage class that a cell beside the row can have, spelled as SQLite's <c>typeof()</c> does.</summary>
    internal static string NameOf(StorageClass storageClass) => storageClass switch
    {
        MarketingSwarm.StorageClass.Blob => "blob",
        MarketingSwarm.StorageClass.Text => "text",
        _ => "real",
    };

    internal static bool TryParse(string name, out StorageClass storageClass)
    {
        storageClass = name switch
        {
            "blob" => MarketingSwarm.StorageClass.Blob,
            "text" => MarketingSwarm.StorageClass.Text,
            "real" => MarketingSwarm.StorageClass.Real,
            _ => default,
        };
        return storageClass != default;
    }
}
