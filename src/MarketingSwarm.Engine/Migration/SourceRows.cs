using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Migration;

/// <summary>Reads ranges of a source's rows into chunks, in the order of their rowids, or of their keys in a table without.</summary>
internal sealed class SourceRows(SqliteSource source)
{
    private readonly ConversationBuilder _builder = new();
    // Where an id may be NULL or be there twice, and no rowid tells the rows apart, a range would have no certain end; and the ledger
    // orders keys by their bytes.
    private readonly string _position = GetPosition(source);

    /// <summary>Reads the rows after one position up to another, until the chunk is full.</summary>
    /// <param name="chunk">An empty chunk, which takes the rows.</param>
    /// <param name="after">Where to begin, exclusive; <see langword="null"/> for the first row.</param>
    /// <param name="last">Where to end, inclusive; <see langword="null"/> for the last row.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Whether the range's end was reached.</returns>
    internal bool Read(RowChunk chunk, SourcePosition? after, SourcePosition? last, CancellationToken cancellationToken)
    {
        while (true)
        {
            source.BeginRange(cancellationToken);
            bool isAtEnd;
            try
            {
                isAtEnd = ReadRange(chunk, chunk.Rows == 0 ? after : GetLast(chunk), last, cancellationToken);
            }
            finally
            {
                source.EndRange();
            }

            if (isAtEnd || chunk.IsFull) return isAtEnd;
        }
    }

    /// <summary>Where a chunk's last row is.</summary>
    internal static SourcePosition GetLast(RowChunk chunk) => SourcePosition.Of(chunk[chunk.Rows - 1], chunk.GetRowId(chunk.Rows - 1));

    private bool ReadRange(RowChunk chunk, SourcePosition? after, SourcePosition? last, CancellationToken cancellationToken)
    {
        var before = chunk.CellBytes;
        using var statement = Prepare(source, _position, after, last);
        while (statement.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            statement.ReadCells(_builder, firstIndex: 1);
            chunk.Add(_builder.Image, source.HasRowId ? statement.GetInteger(0) : null);
            _builder.Reset();
            if (chunk.IsFull || source.IsRangeSpent(chunk.CellBytes - before)) return false;
        }

        return true;
    }

    /// <summary>Prepares the reading of a range: the rowid or NULL, then the ten columns.</summary>
    internal static SqliteStatement Prepare(SqliteSource source, SourcePosition? after, SourcePosition? last) => Prepare(source, GetPosition(source), after, last);

    private static string GetPosition(SqliteSource source) => source.HasBinaryRangeKey ? source.RangeKey! : throw Errors.SourceHasNoPosition(source.Database);

    private static SqliteStatement Prepare(SqliteSource source, string position, SourcePosition? after, SourcePosition? last)
    {
        var conditions = new List<string>();
        if (after is not null) conditions.Add($"{position} > ?1");
        if (last is not null) conditions.Add($"{position} <= ?2");
        var where = conditions.Count == 0 ? "" : $" WHERE {string.Join(" AND ", conditions)}";
        var statement = source.Prepare(
            $"SELECT {(source.HasRowId ? "rowid" : "NULL")}, {ConversationTable.ColumnList} FROM {ConversationTable.Name}{where} ORDER BY {position}");
        after?.Bind(statement, 1);
        last?.Bind(statement, 2);
        return statement;
    }
}
