using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>
///   What shows that a load is whole, in one pass on each side and without the module: the rows, a sum over the ids' SHA-256, and for each column how
///   many cells are not NULL and the sum of their lengths, instants or amounts.
/// </summary>
internal sealed class Fingerprint
{
    private readonly Dictionary<string, BigInteger> _values;

    private Fingerprint(Dictionary<string, BigInteger> values) => _values = values;

    internal long Rows => (long)_values["rows"];

    internal static async Task<Fingerprint> OfSourceAsync(SqliteConnection source)
    {
        var values = new Dictionary<string, BigInteger> { ["rows"] = 0, ["id hashes"] = 0 };
        using var command = source.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", ConversationTable.Columns.Select(column => column.Kind == ConversationTable.Kind.Text && column.Name != "id" ? $"length(CAST({column.Name} AS BLOB))" : column.Name))} FROM conversations";
        using var reader = await command.ExecuteReaderAsync();
        var sums = new Int128[ConversationTable.Columns.Count];
        var counts = new long[ConversationTable.Columns.Count];
        while (reader.Read())
        {
            values["rows"]++;
            for (var i = 0; i < sums.Length; i++)
            {
                if (reader.IsDBNull(i)) continue;
                counts[i]++;
                switch (ConversationTable.Columns[i])
                {
                    case ("id", _):
                        var id = Encoding.UTF8.GetBytes(reader.GetString(i));
                        values["id hashes"] += BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(id));
                        sums[i] += id.Length;
                        break;
                    case (_, ConversationTable.Kind.Time):
                        sums[i] += (DateTime.Parse(reader.GetString(i), CultureInfo.InvariantCulture) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
                        break;
                    case (_, ConversationTable.Kind.Number):
                        sums[i] += (long)Math.Round(reader.GetDouble(i) * 1e6);
                        break;
                    default:
                        sums[i] += reader.GetInt64(i);
                        break;
                }
            }
        }

        for (var i = 0; i < sums.Length; i++)
        {
            values[$"{ConversationTable.Columns[i].Name} count"] = counts[i];
            values[$"{ConversationTable.Columns[i].Name} sum"] = sums[i];
        }

        return new Fingerprint(values);
    }

    internal static async Task<Fingerprint> OfTargetAsync(NpgsqlDataSource target)
    {
        var expressions = new List<(string Name, string Sql)> { ("rows", "count(*)"), ("id hashes", "sum(('x' || left(encode(sha256(convert_to(id, 'UTF8')), 'hex'), 8))::bit(32)::bigint)") };
        foreach (var (name, kind) in ConversationTable.Columns)
        {
            expressions.Add(($"{name} count", $"count({name})"));
            expressions.Add(($"{name} sum", kind switch
            {
                ConversationTable.Kind.Time => $"sum((extract(epoch FROM {name}) * 1000000)::bigint)",
                ConversationTable.Kind.Number => $"sum(round({name} * 1e6)::bigint)",
                _ => $"sum(octet_length({name}::text))",
            }));
        }

        await using var command = target.CreateCommand($"SELECT {string.Join(", ", expressions.Select(expression => $"coalesce({expression.Sql}, 0)::text"))} FROM conversations");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var values = expressions.Select((expression, i) => (expression.Name, Value: BigInteger.Parse(reader.GetString(i), CultureInfo.InvariantCulture)));
        return new Fingerprint(values.ToDictionary());
    }

    /// <summary>How this one, of a target, differs from its source's; null when it does not.</summary>
    internal string? DescribeDifference(Fingerprint source)
    {
        if (Rows != source.Rows) return string.Create(CultureInfo.InvariantCulture, $"{Rows} rows, not {source.Rows}");
        var differences = _values.Where(value => source._values[value.Key] != value.Value).Select(value => value.Key).ToArray();
        return differences.Length == 0 ? null : $"other values than the source has: {string.Join(", ", differences)}";
    }
}
