using System.Globalization;
using System.Numerics;
using System.Text;
using Npgsql;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   The digests of a side's rows, bucket by bucket of their keys. A server computes them where its rows are, over the very form that
///   <see cref="CanonicalRow"/> builds, so that over a slow link only the buckets that differ have to be read.
/// </summary>
internal sealed class ServerHash
{
    /// <summary>A row's bucket in SQL: the first twelve bits of the SHA-256 of its key.</summary>
    internal const string Bucket = "((get_byte(sha256(convert_to(id, 'UTF8')), 0) << 4) | (get_byte(sha256(convert_to(id, 'UTF8')), 1) >> 4))";

    private readonly BigInteger[] _sums = new BigInteger[RowScope.BucketCount];
    private readonly long[] _counts = new long[RowScope.BucketCount];
    private readonly bool[] _mustRead = new bool[RowScope.BucketCount];

    /// <summary>Rows whose key is no text, which are compared in any case.</summary>
    internal long RowsWithoutBucket { get; private set; }

    internal long GetCount(int bucket) => _counts[bucket];

    /// <summary>Has the server compute them.</summary>
    internal static async Task<ServerHash> ComputeAsync(NpgsqlConnection connection, string table, string condition, CancellationToken cancellationToken)
    {
        var result = new ServerHash();
        var lanes = string.Join(", ", Enumerable.Range(0, 8).Select(lane => FormattableString.Invariant($"sum(('x' || encode(substr(h, {lane * 4 + 1}, 4), 'hex'))::bit(32)::bigint)::text")));
        var where = condition.Length > 0 ? $" AND {condition}" : "";
        var stream = await connection.BeginRawBinaryCopyAsync(
            $"COPY (SELECT bucket, count(*), {lanes} FROM (SELECT {Bucket} AS bucket, sha256({GetCanonical()}) AS h FROM {table} t WHERE id IS NOT NULL{where}) r GROUP BY bucket) TO STDOUT (FORMAT binary)",
            cancellationToken);
        using var stop = cancellationToken.Register(stream.Cancel);
        using var reader = new CopyOutReader(stream, columns: 10);
        while (reader.Read())
        {
            var bucket = reader.GetInt32(0);
            result._counts[bucket] = reader.GetInt64(1);
            var sum = BigInteger.Zero;
            for (var lane = 0; lane < 8; lane++)
                sum = (sum << 32) + BigInteger.Parse(Encoding.ASCII.GetString(reader[2 + lane]), CultureInfo.InvariantCulture);
            result._sums[bucket] = Wrap(sum);
        }

        return result;
    }

    /// <summary>Computes them here, of rows as PostgreSQL would have to hold them.</summary>
    internal static ServerHash Compute(OrderedRows rows, TimeEquality times, CancellationToken cancellationToken)
    {
        var result = new ServerHash();
        var row = new OrderedRow();
        var canonical = new CanonicalRow();
        Span<byte> hash = stackalloc byte[SetDigest.Length];
        while (rows.Read(row))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (row.Cells.GetStorageClass(ConversationColumn.Id) != StorageClass.Text)
            {
                result.RowsWithoutBucket++;
                continue;
            }

            var bucket = RowScope.GetBucket(row.Cells.GetBytes(ConversationColumn.Id));
            result._counts[bucket]++;
            if (!TryWrite(row.Cells, times, canonical))
            {
                result._mustRead[bucket] = true;
                continue;
            }

            canonical.Hash(hash);
            result._sums[bucket] = Wrap(result._sums[bucket] + new BigInteger(hash, isUnsigned: true, isBigEndian: true));
        }

        return result;
    }

    /// <summary>Marks the bucket of a key as one to be read.</summary>
    internal void Demand(ReadOnlySpan<byte> key) => _mustRead[RowScope.GetBucket(key)] = true;

    /// <summary>The buckets in which two sides may differ.</summary>
    internal static bool[] FindDifferences(ServerHash left, ServerHash right)
    {
        var buckets = new bool[RowScope.BucketCount];
        for (var i = 0; i < buckets.Length; i++)
            buckets[i] = left._mustRead[i] || right._mustRead[i] || left._counts[i] != right._counts[i] || left._sums[i] != right._sums[i];
        return buckets;
    }

    private static bool TryWrite(RowBuffer row, TimeEquality times, CanonicalRow canonical)
    {
        canonical.Clear();
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            switch (row.GetStorageClass(column))
            {
                case StorageClass.Null: canonical.AddNull(); break;
                case StorageClass.Text when PlainCells.IsTextColumn(column) && PlainCells.IsStorable(row.GetBytes(column)): canonical.Add(CanonicalRow.TextKind, row.GetBytes(column)); break;
                case StorageClass.Real when column == ConversationColumn.TotalCost: canonical.Add(CanonicalRow.RealKind, row.GetBytes(column)); break;
                default:
                    if (!times.TryRead(row, column, out var instant)) return false;
                    canonical.Add(CanonicalRow.TimeKind, instant);
                    break;
            }
        }

        return true;
    }

    // Kind, length and value of each column, as CanonicalRow has them.
    private static string GetCanonical()
    {
        var cells = Enumerable.Range(0, ConversationTable.ColumnCount).Select(index =>
        {
            var column = (ConversationColumn)index;
            var name = ConversationTable.NameOf(column);
            var (kind, value) = ConversationTable.IsTimestamp(column) ? (CanonicalRow.TimeKind, $"timestamp_send({name})")
                : column == ConversationColumn.TotalCost ? (CanonicalRow.RealKind, $"float8send({name})")
                : (CanonicalRow.TextKind, $"convert_to({name}, 'UTF8')");
            var length = kind == CanonicalRow.TextKind ? $"int4send(octet_length({name}))" : "int4send(8)";
            return string.Create(CultureInfo.InvariantCulture, $"coalesce('\\x{kind:x2}'::bytea || {length} || {value}, '\\x{CanonicalRow.NullKind:x2}00000000'::bytea)");
        });
        return string.Join(" || ", cells);
    }

    private static BigInteger Wrap(BigInteger sum) => sum & ((BigInteger.One << 256) - 1);
}
