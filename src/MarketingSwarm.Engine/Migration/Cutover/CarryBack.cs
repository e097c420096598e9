using System.Buffers.Binary;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Proof;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MarketingSwarm.Engine.Migration.Cutover;

/// <summary>
///   Makes the rows of a SQLite file what a table of PostgreSQL has, in the application's forms. A cell that is the same already keeps its
///   bytes and its storage class, and so does what PostgreSQL cannot hold.
/// </summary>
internal sealed class CarryBack(SwarmDatabase file, SwarmDatabase database, RunRecord run, ConversionSettings settings)
{
    private ConversionSettings? _judging;

    /// <summary>Rows written that the file did not have.</summary>
    internal long Inserted { get; private set; }

    /// <summary>Rows of which a cell was another.</summary>
    internal long Updated { get; private set; }

    /// <summary>Rows taken out.</summary>
    internal long Deleted { get; private set; }

    /// <summary>Rows of the table read.</summary>
    internal long Scanned { get; private set; }

    // A pass finds what was written during the one before it.
    private const int GreatestPasses = 10;

    private const int RowsAtOnce = 200;

    /// <summary>Carries back, until a pass finds nothing more to do.</summary>
    /// <returns>The rows written, changed or taken out.</returns>
    /// <exception cref="SwarmDatabaseException">The file cannot be written, or both sides go on changing.</exception>
    internal async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        var rows = 0L;
        for (var pass = 0; pass < GreatestPasses; pass++)
        {
            var changes = await FindAsync(cancellationToken);
            if (changes.Count == 0) return rows;
            rows += Write(changes, cancellationToken);
        }

        throw Errors.SidesKeepChanging(file, database, GreatestPasses);
    }

    private async Task<List<Change>> FindAsync(CancellationToken cancellationToken)
    {
        await using var connection = await MigrationProver.OpenSnapshotAsync(database, run.RunId, cancellationToken);
        var target = ReadTarget(connection, cancellationToken);
        var changes = new List<Change>();
        using (var source = SqliteSource.Open(file, cancellationToken, new SqliteReadLimits { AllowsInconsistent = true }))
        {
            // Of rows whose keys clash, the table has one; the others are the residue's, and stay in the file.
            if (source.TryMakeStable(cancellationToken)) _judging = KeyClashes.Apply(source, settings, cancellationToken);
            CompareFile(source, target, changes, cancellationToken);
        }

        foreach (var missing in target) changes.Add(new Change(missing.Key, Place: null, Seen: null));
        await ReadRowsAsync(connection, changes.Where(change => !change.IsDeleted).ToList(), cancellationToken);
        return changes;
    }

    // Leaves in the list what the file does not have.
    private void CompareFile(SqliteSource source, Dictionary<string, RowHash> target, List<Change> changes, CancellationToken cancellationToken)
    {
        using var form = new RowForm(_judging ?? settings);
        var builder = new ConversationBuilder();
        SourcePosition? after = null;
        for (var isAtEnd = false; !isAtEnd;)
        {
            source.BeginRange(cancellationToken);
            try
            {
                using var rows = SourceRows.Prepare(source, after, null);
                long bytes = 0;
                isAtEnd = true;
                while (rows.Step())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    rows.ReadCells(builder, firstIndex: 1);
                    var row = new ConversationImage(builder.Image);
                    long? rowId = source.HasRowId ? rows.GetInteger(0) : null;
                    bytes += row.Size;
                    form.Take(row, rowId);
                    if (!RowForm.IsQuarantined(form.Key)) Compare(form, row, SourcePosition.Of(row, rowId), target, changes, canBeGone: source.IsStable || row.GetStorageClass(ConversationColumn.Id) == StorageClass.Text);
                    var isSpent = source.IsRangeSpent(bytes);
                    if (isSpent) after = SourcePosition.Of(row, rowId);
                    builder.Reset();
                    if (!isSpent) continue;
                    isAtEnd = false;
                    break;
                }
            }
            finally
            {
                source.EndRange();
            }
        }
    }

    private static void Compare(RowForm form, ConversationImage row, SourcePosition place, Dictionary<string, RowHash> target, List<Change> changes, bool canBeGone)
    {
        var name = TargetIndex.GetName(form.Key);
        var isThere = target.Remove(name, out var hash);
        // Where nobody could look whether its key clashes with another row's, a row is not taken out.
        if (isThere ? hash == form.TableHash : !canBeGone) return;
        changes.Add(new Change(name, place, row.Bytes.ToArray()) { IsDeleted = !isThere, Known = form.GetFields() });
    }

    private Dictionary<string, RowHash> ReadTarget(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var form = new RowForm(settings);
        var rows = new Dictionary<string, RowHash>(StringComparer.Ordinal);
        Scanned = 0;
        var stream = connection.BeginRawBinaryCopy($"COPY (SELECT {ConversationTable.ColumnList} FROM {run.PublishedTable}) TO STDOUT (FORMAT binary)");
        using var stop = cancellationToken.Register(stream.Cancel);
        using var reader = new CopyOutReader(stream, ConversationTable.ColumnCount);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            form.BeginStored(reader[0]);
            for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++) form.AddStored(column, reader[(int)column], reader.IsNull((int)column));
            form.EndStored(residue: null);
            rows.Add(TargetIndex.GetName(reader[0]), form.TableHash);
            Scanned++;
        }

        return rows;
    }

    private async Task ReadRowsAsync(NpgsqlConnection connection, List<Change> changes, CancellationToken cancellationToken)
    {
        foreach (var some in changes.Chunk(RowsAtOnce))
        {
            await using var command = new NpgsqlCommand($"SELECT {ConversationTable.ColumnList} FROM {run.PublishedTable} WHERE id = ANY ($1)", connection)
            {
                Parameters = { new() { Value = some.Select(change => change.Key).ToArray() } },
            };
            var byKey = some.ToDictionary(change => change.Key, StringComparer.Ordinal);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var fields = TargetIndex.ReadFields(reader);
                byKey[TargetIndex.GetName(fields[0]!)].Wanted = fields;
            }
        }
    }

    // A row that was written since it was compared is left to the next pass.
    private long Write(List<Change> changes, CancellationToken cancellationToken)
    {
        using var connection = SqliteConnector.OpenWrite(file, create: false, cancellationToken);
        var encoding = SqliteTable.ReadEncoding(connection);
        var written = 0L;
        // Short transactions: somebody may be writing there.
        foreach (var some in changes.Chunk(RowsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            SqliteConnector.BeginWrite(connection, file, cancellationToken);
            try
            {
                foreach (var change in some)
                {
                    if (!TryWrite(connection, encoding, change)) continue;
                    written++;
                    if (change.Place is null) Inserted++;
                    else if (change.IsDeleted) Deleted++;
                    else Updated++;
                }

                SqliteConnector.Commit(connection, file, CancellationToken.None);
            }
            catch
            {
                _ = SQLitePCL.raw.sqlite3_exec(connection.Handle!, "ROLLBACK");
                throw;
            }
        }

        return written;
    }

    private bool TryWrite(SqliteConnection connection, string encoding, Change change)
    {
        if (change.Place is not { } place)
        {
            using var insert = new SqliteStatement(
                connection.Handle!,
                $"INSERT INTO {ConversationTable.Name} ({ConversationTable.ColumnList}) VALUES ({string.Join(", ", Enumerable.Range(1, ConversationTable.ColumnCount).Select(i => FormattableString.Invariant($"?{i}")))})",
                file, encoding);
            for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++) insert.Bind((int)column + 1, ToCell(column, change.Wanted![(int)column]));
            return insert.TryExecute();
        }

        var condition = place.IsRowId ? "rowid = ?1" : "id = ?1";
        if (!IsAsSeen(connection, encoding, condition, change)) return false;
        if (change.IsDeleted)
        {
            using var delete = new SqliteStatement(connection.Handle!, $"DELETE FROM {ConversationTable.Name} WHERE {condition}", file, encoding);
            place.Bind(delete, 1);
            return delete.TryExecute();
        }

        var columns = Enumerable.Range(1, ConversationTable.ColumnCount - 1).Where(i => !LateMerge.AreSame(change.Known![i], change.Wanted![i])).ToList();
        using var update = new SqliteStatement(
            connection.Handle!,
            $"UPDATE {ConversationTable.Name} SET {string.Join(", ", columns.Select((column, i) => FormattableString.Invariant($"{ConversationTable.ColumnNames[column]} = ?{i + 2}")))} WHERE {condition}", file, encoding);
        place.Bind(update, 1);
        for (var i = 0; i < columns.Count; i++) update.Bind(i + 2, ToCell((ConversationColumn)columns[i], change.Wanted![columns[i]]));
        return update.TryExecute();
    }

    private bool IsAsSeen(SqliteConnection connection, string encoding, string condition, Change change)
    {
        using var row = new SqliteStatement(connection.Handle!, $"SELECT {ConversationTable.ColumnList} FROM {ConversationTable.Name} WHERE {condition}", file, encoding);
        change.Place!.Value.Bind(row, 1);
        if (!row.Step()) return false;
        var builder = new ConversationBuilder();
        row.ReadCells(builder, firstIndex: 0);
        return builder.Image.SequenceEqual(change.Seen);
    }

    // In the form that the column had in the file.
    private ConversationCell ToCell(ConversationColumn column, byte[]? value)
    {
        if (value is null) return ConversationCell.OfNull();
        if (column == ConversationColumn.TotalCost)
        {
            var number = BinaryPrimitives.ReadDoubleBigEndian(value);
            // SQLite stores no NaN.
            return double.IsNaN(number) ? ConversationCell.OfNull() : ConversationCell.OfReal(number);
        }

        if (!ConversationTable.IsTimestamp(column)) return ConversationCell.OfText(value);
        var builder = new ConversationBuilder();
        for (var before = ConversationColumn.Id; before < column; before++) builder.AddNull();
        TimestampText.AddTo(builder, BinaryPrimitives.ReadInt64BigEndian(value), settings.GetForm(column));
        return new Conversation(builder.BuildEmptyImage(), rowId: null).GetCell(column);
    }

    /// <summary>What is to be done with a row of the file.</summary>
    /// <param name="Key">Its key in the table.</param>
    /// <param name="Place">Where it is in the file; <see langword="null"/> where it is to be inserted.</param>
    /// <param name="Seen">The row as it was compared.</param>
    private sealed record Change(string Key, SourcePosition? Place, byte[]? Seen)
    {
        /// <summary>Whether the table no longer has it.</summary>
        internal bool IsDeleted { get; init; }

        /// <summary>The fields that the table would have for the row as it was compared.</summary>
        internal byte[]?[]? Known { get; init; }

        /// <summary>The table's.</summary>
        internal byte[]?[]? Wanted { get; set; }
    }
}
