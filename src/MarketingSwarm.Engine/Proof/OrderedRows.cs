using System.Security.Cryptography;
using System.Text;
using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Proof;

/// <summary>A row of one side of a comparison.</summary>
internal sealed class OrderedRow
{
    /// <summary>The cells; of PostgreSQL, with the residue's originals where the table still holds what was stored instead.</summary>
    internal RowBuffer Cells { get; } = new();

    /// <summary>The cells as PostgreSQL's table has them, where <see cref="HasStored"/>.</summary>
    internal RowBuffer Stored { get; } = new();

    /// <summary>Whether <see cref="Stored"/> is another row than <see cref="Cells"/>.</summary>
    internal bool HasStored { get; set; }

    /// <summary>Whether the residue alone has the row.</summary>
    internal bool IsQuarantined { get; set; }

    /// <summary>Whether the newest run quarantined it.</summary>
    internal bool IsOfNewestRun { get; set; }

    internal void Clear()
    {
        Cells.Clear();
        Stored.Clear();
        HasStored = IsQuarantined = IsOfNewestRun = false;
    }

    internal OrderedRow Copy()
    {
        var copy = new OrderedRow { HasStored = HasStored, IsQuarantined = IsQuarantined, IsOfNewestRun = IsOfNewestRun };
        copy.Cells.CopyFrom(Cells);
        if (HasStored) copy.Stored.CopyFrom(Stored);
        return copy;
    }
}

/// <summary>The rows of one side in the order of their keys (<see cref="RowBuffer.CompareKeys"/>), read once.</summary>
internal abstract class OrderedRows : IDisposable
{
    /// <summary>Reads the next row; false at the end.</summary>
    internal abstract bool Read(OrderedRow row);

    public abstract void Dispose();
}

/// <summary>Which rows a comparison is about.</summary>
internal sealed class RowScope
{
    internal const int BucketCount = 4096;

    private readonly HashSet<string> _ids;

    internal RowScope(IReadOnlyList<string>? ids = null, bool[]? buckets = null)
    {
        Ids = ids ?? [];
        _ids = [.. Ids];
        Buckets = buckets;
    }

    internal static RowScope All { get; } = new();

    /// <summary>Only these ids, where there are any.</summary>
    internal IReadOnlyList<string> Ids { get; }

    /// <summary>Only the rows whose key is in one of these buckets, or is no text; <see langword="null"/> for all.</summary>
    internal bool[]? Buckets { get; }

    internal bool IsAll => Ids.Count == 0 && Buckets is null;

    /// <summary>The first twelve bits of the SHA-256 of a key.</summary>
    internal static int GetBucket(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return (hash[0] << 4) | (hash[1] >> 4);
    }

    internal bool Contains(RowBuffer row)
    {
        var isText = row.GetStorageClass(ConversationColumn.Id) == StorageClass.Text;
        var key = row.GetBytes(ConversationColumn.Id);
        if (_ids.Count > 0 && !(isText && _ids.Contains(Encoding.UTF8.GetString(key)))) return false;
        return Buckets is null || !isText || Buckets[GetBucket(key)];
    }

    /// <summary>The condition in SQL on the column <c>id</c>, for the ids alone.</summary>
    internal string GetIdCondition() => Ids.Count == 0 ? "" : $"id IN ({string.Join(", ", Ids.Select(SqlNames.QuoteText))})";
}

/// <summary>The rows of a SQLite file of one moment, in the order of an index or of SQLite's own sort.</summary>
internal sealed class OrderedSqliteRows : OrderedRows
{
    private readonly SqliteCursor _cursor;
    private readonly RowScope _scope;
    private readonly IDisposable? _owned;
    private readonly CancellationTokenRegistration _stop;
    private readonly CancellationToken _cancellationToken;

    private OrderedSqliteRows(sqlite3 handle, SwarmDatabase database, bool hasRowId, RowScope scope, IDisposable? owned, CancellationToken cancellationToken)
    {
        _scope = scope;
        _owned = owned;
        _cancellationToken = cancellationToken;
        var condition = scope.Ids.Count > 0 ? $" WHERE {scope.GetIdCondition()}" : "";
        var rowId = hasRowId ? "rowid" : "NULL";
        _cursor = new SqliteCursor(handle, $"SELECT {rowId}, {ConversationTable.ColumnList} FROM {ConversationTable.Name}{condition} ORDER BY id COLLATE BINARY{(hasRowId ? ", rowid" : "")}", database);
        _stop = cancellationToken.Register(() => raw.sqlite3_interrupt(handle));
    }

    /// <summary>Reads a file where it is if it is of one moment and stores UTF-8, else from a private file that is filled with its rows first.</summary>
    internal static OrderedSqliteRows Open(SqliteSource source, RowScope scope, CancellationToken cancellationToken)
    {
        if (source.Encoding == "UTF-8" && source.TryMakeStable(cancellationToken))
            return new OrderedSqliteRows(source.Handle, source.Database, source.HasRowId, scope, owned: null, cancellationToken);
        using var reader = SqliteConversationReader.Open(source.Database, ConversationFilter.All, cancellationToken);
        return Spool(reader, scope, cancellationToken);
    }

    /// <summary>Orders rows that come in no order of keys.</summary>
    internal static OrderedSqliteRows Spool(IConversationReader reader, RowScope scope, CancellationToken cancellationToken)
    {
        // Columns without a type change no value.
        var file = new PrivateDatabase($"CREATE TABLE {ConversationTable.Name} (position INTEGER PRIMARY KEY, source_rowid INTEGER, {ConversationTable.ColumnList})");
        try
        {
            using (var insert = file.Prepare($"INSERT INTO {ConversationTable.Name} (source_rowid, {ConversationTable.ColumnList}) VALUES ({string.Join(", ", Enumerable.Range(1, 11).Select(i => FormattableString.Invariant($"?{i}")))})"))
            {
                foreach (var (row, error) in reader.Read(cancellationToken))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (row is null) throw error!;
                    insert.Bind(1, row.RowId is { } rowId ? ConversationCell.OfInteger(rowId) : ConversationCell.OfNull());
                    for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++) insert.Bind((int)column + 2, row.GetCell(column));
                    insert.Execute();
                }
            }

            file.Execute($"CREATE INDEX by_id ON {ConversationTable.Name} (id)");
            return new OrderedSqliteRows(file, scope, cancellationToken);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private OrderedSqliteRows(PrivateDatabase file, RowScope scope, CancellationToken cancellationToken)
    {
        _scope = scope;
        _owned = file;
        _cancellationToken = cancellationToken;
        var condition = scope.Ids.Count > 0 ? $" WHERE {scope.GetIdCondition()}" : "";
        _cursor = new SqliteCursor(file.Handle, $"SELECT source_rowid, {ConversationTable.ColumnList} FROM {ConversationTable.Name}{condition} ORDER BY id, position", file.Database);
        var handle = file.Handle;
        _stop = cancellationToken.Register(() => raw.sqlite3_interrupt(handle));
    }

    internal override bool Read(OrderedRow row)
    {
        row.Clear();
        while (_cursor.Step())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            _cursor.CopyTo(row.Cells);
            if (_scope.Contains(row.Cells)) return true;
        }

        return false;
    }

    public override void Dispose()
    {
        _stop.Dispose();
        _cursor.Dispose();
        _owned?.Dispose();
    }
}
