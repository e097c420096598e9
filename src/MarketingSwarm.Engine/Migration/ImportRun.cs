using System.Buffers;
using System.Text;
using System.Text.Json;
using MarketingSwarm.Engine.Conversion;
using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   The run of an import that has residue, all in the import's transaction. An import without residue has none, and makes nothing of
///   ours in the target.
/// </summary>
internal sealed class ImportRun(SwarmDatabase database, NpgsqlConnection connection, DatabaseSchema schema, ConversionSettings settings, string source)
{
    /// <summary>The run's id, which its residue names.</summary>
    internal Guid RunId { get; } = Guid.NewGuid();

    /// <summary>Makes the schema where it is missing, and the run's row.</summary>
    /// <exception cref="SwarmDatabaseException">The user may not make the schema, or write to it.</exception>
    internal async Task BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LedgerSchema.EnsureAsync(connection, cancellationToken);
            await using var insert = new NpgsqlCommand(
                $"""
                INSERT INTO {LedgerSchema.RunTable} (run_id, kind, state, table_schema, table_name, is_new_table, source, plan, module_version)
                VALUES ($1, 'Import', 'Completed', $2, $3, false, $4, $5, $6)
                """, connection)
            {
                Parameters =
                {
                    new() { Value = RunId }, new() { Value = schema.Schema }, new() { Value = schema.Table },
                    // A path may have a NUL in no system, and what is not Unicode in it cannot be sent.
                    new() { Value = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(source)) },
                    new() { Value = DescribePlan() }, new() { Value = typeof(ImportRun).Assembly.GetName().Version!.ToString(3) },
                },
            };
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Errors.ResidueNotAllowed(database, refused.MessageText, refused.SqlState, refused);
        }
    }

    /// <summary>Ends the run with its counts, after it was seen that the residue has an entry for each.</summary>
    /// <param name="counts">What became of the rows, without those that were skipped.</param>
    /// <param name="skipped">Rows that were skipped.</param>
    /// <param name="cancellationToken">Ends the wait for the server.</param>
    /// <exception cref="SwarmDatabaseException">The residue has another number of entries.</exception>
    internal async Task EndAsync(ChunkCounts counts, long skipped, CancellationToken cancellationToken)
    {
        await using (var count = new NpgsqlCommand($"SELECT count(*) FROM {LedgerSchema.ResidueTable} WHERE run_id = $1", connection) { Parameters = { new() { Value = RunId } } })
        {
            var entries = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
            if (entries != counts.Entries) throw Errors.ResidueMissingAfterLoad(database, counts.Entries, entries);
        }

        if (counts.Entries == 0)
        {
            await WithdrawAsync(cancellationToken);
            return;
        }

        await using var end = new NpgsqlCommand(
            $"""
            UPDATE {LedgerSchema.RunTable} SET ended_at = clock_timestamp(), rows_read = $2, rows_loaded = $3, rows_skipped = $4,
                rows_quarantined = $5, cells_converted = $6, cells_quarantined = $7
            WHERE run_id = $1
            """, connection) { Parameters = { new() { Value = RunId } } };
        foreach (var value in (long[])[counts.Rows + skipped, counts.Loaded, skipped, counts.Quarantined, counts.CellsConverted, counts.CellsQuarantined])
            end.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = value });
        await end.ExecuteNonQueryAsync(cancellationToken);
    }

    // Every row that had residue was skipped. The schema goes again where this transaction made it: its catalogue row is this transaction's.
    private async Task WithdrawAsync(CancellationToken cancellationToken)
    {
        await using var isOurs = new NpgsqlCommand(
            $"SELECT xmin = pg_current_xact_id()::xid FROM pg_class WHERE oid = '{LedgerSchema.ResidueTable}'::regclass", connection);
        await using var withdraw = (bool)(await isOurs.ExecuteScalarAsync(cancellationToken))!
            ? new NpgsqlCommand($"SET LOCAL client_min_messages = warning; DROP SCHEMA {LedgerSchema.Name} CASCADE", connection)
            : new NpgsqlCommand($"DELETE FROM {LedgerSchema.RunTable} WHERE run_id = $1", connection) { Parameters = { new() { Value = RunId } } };
        await withdraw.ExecuteNonQueryAsync(cancellationToken);
    }

    private string DescribePlan()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("columns");
            foreach (var column in (ConversationColumn[])[ConversationColumn.CreatedAt, ConversationColumn.CompletedAt])
            {
                json.WriteStartObject();
                json.WriteString("column", ConversationTable.NameOf(column));
                json.WriteString("form", settings.GetForm(column).ToString());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("policy");
            json.WriteString("onNul", settings.Policy.OnNul.ToString());
            json.WriteString("onInvalidText", settings.Policy.OnInvalidText.ToString());
            json.WriteString("onNullKey", settings.Policy.OnNullKey.ToString());
            json.WriteString("onOffset", settings.Policy.OnOffset.ToString());
            json.WriteString("onLongFraction", settings.Policy.OnLongFraction.ToString());
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
