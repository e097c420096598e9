using System.Buffers.Binary;
using System.Text;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Proof;
using Npgsql;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>Reads what the target has of a run: the table and the residue, hashed as <see cref="RowForm"/> says.</summary>
internal static class TargetIndex
{
    private static readonly string ResidueOrder =
        $"chunk, row_number, array_position(ARRAY[{string.Join(',', ConversationTable.ColumnNames.Select(name => $"'{name}'"))}], column_name)";

    /// <summary>The rows that a run's transactions wrote.</summary>
    internal static string Ours(Guid runId) => $"t.xmin IN (SELECT c.xid::xid FROM {LedgerSchema.ChunkTable} c WHERE c.run_id = '{runId}')";

    /// <summary>Reads all of it, in one transaction that sees one moment.</summary>
    /// <param name="connection">An open connection outside a transaction.</param>
    /// <param name="run">The run.</param>
    /// <param name="settings">How rows are stored.</param>
    /// <param name="takesOthers">Whether rows that others have written are taken too, as rows to be written anew; otherwise they are none of the run's.</param>
    /// <param name="progress">Told of each row.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal static async Task<RowIndex> ReadAsync(
        NpgsqlConnection connection, RunRecord run, ConversionSettings settings, bool takesOthers, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        await MigrationProver.BeginAsync(connection, cancellationToken);
        var index = Read(connection, run, settings, takesOthers, progress, cancellationToken);
        await TargetTable.ExecuteAsync(connection, "COMMIT", cancellationToken);
        return index;
    }

    /// <summary>Reads all of it in a transaction of the caller's.</summary>
    /// <inheritdoc cref="ReadAsync" path="/param"/>
    internal static RowIndex Read(
        NpgsqlConnection connection, RunRecord run, ConversionSettings settings, bool takesOthers, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        using var form = new RowForm(settings);
        var index = new RowIndex();
        var residue = new Dictionary<string, RowHash>(StringComparer.Ordinal);
        ReadResidue(connection, $"r.run_id = '{run.RunId}'", form, (key, hash) => index.Set(key, hash, hasResidue: true, mark: 0), residue.Add, cancellationToken);
        var condition = takesOthers ? "" : $" WHERE {Ours(run.RunId)}";
        var stream = connection.BeginRawBinaryCopy($"COPY (SELECT {ConversationTable.ColumnList}, {Ours(run.RunId)} FROM {run.PublishedTable} t{condition}) TO STDOUT (FORMAT binary)");
        using (cancellationToken.Register(stream.Cancel))
        using (var reader = new CopyOutReader(stream, ConversationTable.ColumnCount + 1))
        {
            while (reader.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                form.BeginStored(reader[0]);
                var bytes = 0L;
                for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
                {
                    form.AddStored(column, reader[(int)column], reader.IsNull((int)column));
                    bytes += reader[(int)column].Length;
                }

                var hasResidue = residue.TryGetValue(GetName(reader[0]), out var entries);
                form.EndStored(hasResidue ? entries : null);
                // No row has a hash of zeros: a row that somebody else has written is written anew.
                var isOurs = reader[ConversationTable.ColumnCount][0] != 0;
                index.Set(form.Key.ToArray(), isOurs ? form.Hash : default, hasResidue, mark: 0);
                progress?.Invoke(1, bytes);
            }
        }

        return index;
    }

    /// <summary>Reads rows of the table back and finds the first that is not what it should be.</summary>
    /// <param name="connection">The connection, in the transaction that wrote them.</param>
    /// <param name="run">The run.</param>
    /// <param name="settings">How rows are stored.</param>
    /// <param name="chunk">The chunk that has their residue.</param>
    /// <param name="rows">What should be there.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Its key; <see langword="null"/> where all are as they should be.</returns>
    internal static async Task<string?> FindDifferenceAsync(
        NpgsqlConnection connection, RunRecord run, ConversionSettings settings, int chunk, IReadOnlyList<DeltaRow> rows, CancellationToken cancellationToken)
    {
        using var form = new RowForm(settings);
        var expected = rows.ToDictionary(row => GetName(row.Key), row => row.Hash, StringComparer.Ordinal);
        var residue = new Dictionary<string, RowHash>(StringComparer.Ordinal);
        if (rows.Any(row => row.HasResidue))
        {
            string? wrong = null;
            ReadResidue(
                connection, FormattableString.Invariant($"r.run_id = '{run.RunId}' AND r.chunk = {chunk}"), form,
                (key, hash) => wrong = expected.Remove(GetName(key), out var wanted) && wanted == hash ? wrong : GetName(key), residue.Add, cancellationToken);
            if (wrong is not null) return wrong;
        }

        await using var command = new NpgsqlCommand($"SELECT {ConversationTable.ColumnList} FROM {run.PublishedTable} WHERE id = ANY ($1)", connection)
        {
            Parameters = { new() { Value = rows.Where(row => row.IsLoaded).Select(row => GetName(row.Key)).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var fields = ReadFields(reader);
            var key = fields[0]!;
            form.BeginStored(key);
            for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++) form.AddStored(column, fields[(int)column], fields[(int)column] is null);
            form.EndStored(residue.TryGetValue(GetName(key), out var entries) ? entries : null);
            if (!expected.Remove(GetName(key), out var hash) || hash != form.Hash) return GetName(key);
        }

        return expected.Keys.FirstOrDefault();
    }

    /// <summary>A key as PostgreSQL's text has it; that of a row in the residue alone by its bytes.</summary>
    internal static string GetName(ReadOnlySpan<byte> key) => (RowForm.IsQuarantined(key) ? Encoding.Latin1 : Encoding.UTF8).GetString(key);

    /// <summary>A row's ten fields as PostgreSQL's binary format has them; <see langword="null"/> for NULL.</summary>
    internal static byte[]?[] ReadFields(NpgsqlDataReader reader)
    {
        var fields = new byte[]?[ConversationTable.ColumnCount];
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var ordinal = (int)column;
            if (reader.IsDBNull(ordinal)) continue;
            if (ConversationTable.IsTimestamp(column) || column == ConversationColumn.TotalCost)
            {
                fields[ordinal] = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(
                    fields[ordinal], ConversationTable.IsTimestamp(column) ? reader.GetFieldValue<long>(ordinal) : BitConverter.DoubleToInt64Bits(reader.GetDouble(ordinal)));
            }
            else
            {
                fields[ordinal] = reader.GetFieldValue<byte[]>(ordinal);
            }
        }

        return fields;
    }

    private static void ReadResidue(
        NpgsqlConnection connection, string condition, RowForm form, Action<byte[], RowHash> addQuarantined, Action<string, RowHash> addLoaded, CancellationToken cancellationToken)
    {
        var stream = connection.BeginRawBinaryCopy(
            $"""
            COPY (
                SELECT chunk, row_number, column_name, source_rowid, id, storage_class, original, stored FROM {LedgerSchema.ResidueTable} r
                WHERE {condition} AND NOT EXISTS (SELECT FROM {LedgerSchema.ChunkTable} w WHERE w.run_id = r.run_id AND w.withdraws = r.chunk)
                ORDER BY {ResidueOrder})
            TO STDOUT (FORMAT binary)
            """);
        using var stop = cancellationToken.Register(stream.Cancel);
        using var reader = new CopyOutReader(stream, columns: 8);
        (int Chunk, int Row)? current = null;
        byte[]? key = null;
        var isQuarantined = false;
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var place = (reader.GetInt32(0), reader.GetInt32(1));
            if (place != current)
            {
                End();
                current = place;
                form.BeginEntries();
                isQuarantined = reader.IsNull(4);
                key = isQuarantined ? null : reader[4].ToArray();
            }

            _ = ConversationTable.TryFind(Encoding.UTF8.GetString(reader[2]), out var column);
            long? rowId = reader.IsNull(3) ? null : reader.GetInt64(3);
            _ = Enum.TryParse<StorageClass>(Encoding.UTF8.GetString(reader[5]), out var storageClass);
            if (isQuarantined && column == ConversationColumn.Id) key = form.GetQuarantinedKey(rowId, storageClass, reader[6]);
            form.AddEntry(column, rowId, storageClass, reader[6], reader[7], !reader.IsNull(7));
        }

        End();

        void End()
        {
            if (current is null || key is null) return;
            if (isQuarantined) addQuarantined(key, form.HashEntries());
            else addLoaded(GetName(key), form.HashEntries());
        }
    }
}
