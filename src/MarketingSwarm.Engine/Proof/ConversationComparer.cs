using System.Buffers.Binary;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   Compares two sides row by row, both in the order of their keys, with a row or two of each in memory. Rows that share a key (those
///   without one, say) are matched as sets.
/// </summary>
internal sealed class ConversationComparer(OrderedRows source, OrderedRows destination, TimeEquality times)
{
    // The rows of one key that are matched at once; more are matched part by part.
    private const long GreatestGroup = 64L << 20;

    private readonly CanonicalRow _left = new();
    private readonly CanonicalRow _right = new();
    private OrderedRow _a = new();
    private OrderedRow _b = new();
    private OrderedRow _nextA = new();
    private OrderedRow _nextB = new();

    internal SetDigest SourceDigest { get; } = new();

    internal SetDigest DestinationDigest { get; } = new();

    internal long SourceRows { get; private set; }

    internal long DestinationRows { get; private set; }

    internal long Equal { get; private set; }

    internal long Quarantined { get; private set; }

    internal long Missing { get; private set; }

    internal long Extra { get; private set; }

    internal long Changed { get; private set; }

    internal long CellsDiffering { get; private set; }

    /// <summary>Gives the rows that differ; each is valid until the next.</summary>
    internal IEnumerable<RowDifference> Compare()
    {
        var hasA = source.Read(_a);
        var hasB = destination.Read(_b);
        while (hasA || hasB)
        {
            var order = !hasA ? 1 : !hasB ? -1 : RowBuffer.CompareKeys(_a.Cells, _b.Cells);
            if (order < 0)
            {
                if (TakeMissing(_a) is { } missing) yield return missing;
                hasA = source.Read(_a);
                continue;
            }

            if (order > 0)
            {
                if (TakeExtra(_b) is { } extra) yield return extra;
                hasB = destination.Read(_b);
                continue;
            }

            var hasNextA = source.Read(_nextA);
            var hasNextB = destination.Read(_nextB);
            if ((hasNextA && HaveSameKey(_nextA, _a)) || (hasNextB && HaveSameKey(_nextB, _b)))
            {
                foreach (var difference in CompareGroup(hasNextA, hasNextB)) yield return difference;
                (hasA, hasB) = (_hasAfterGroupA, _hasAfterGroupB);
                continue;
            }

            if (TakePair(_a, _b) is { } changed) yield return changed;
            (_a, _nextA) = (_nextA, _a);
            (_b, _nextB) = (_nextB, _b);
            (hasA, hasB) = (hasNextA, hasNextB);
        }
    }

    private bool _hasAfterGroupA;
    private bool _hasAfterGroupB;

    // The first rows of both sides are at hand, and the ones after them have been read.
    private IEnumerable<RowDifference> CompareGroup(bool hasNextA, bool hasNextB)
    {
        var key = _a.Copy();
        var left = new List<OrderedRow> { key };
        var right = new List<OrderedRow> { _b.Copy() };
        long bytes = key.Cells.Size + right[0].Cells.Size;
        while (true)
        {
            while (hasNextA && bytes < GreatestGroup && HaveSameKey(_nextA, key)) hasNextA = Keep(source, _nextA, left, ref bytes);
            while (hasNextB && bytes < GreatestGroup && HaveSameKey(_nextB, key)) hasNextB = Keep(destination, _nextB, right, ref bytes);
            foreach (var difference in Match(left, right)) yield return difference;
            left.Clear();
            right.Clear();
            bytes = 0;
            if (!(hasNextA && HaveSameKey(_nextA, key)) && !(hasNextB && HaveSameKey(_nextB, key))) break;
        }

        (_a, _nextA) = (_nextA, _a);
        (_b, _nextB) = (_nextB, _b);
        (_hasAfterGroupA, _hasAfterGroupB) = (hasNextA, hasNextB);
    }

    private static bool Keep(OrderedRows rows, OrderedRow row, List<OrderedRow> kept, ref long bytes)
    {
        kept.Add(row.Copy());
        bytes += row.Cells.Size;
        return rows.Read(row);
    }

    private IEnumerable<RowDifference> Match(List<OrderedRow> left, List<OrderedRow> right)
    {
        // Rows that are the same go together first; a row of the table before one that the residue alone has.
        right.Sort((x, y) => x.IsQuarantined.CompareTo(y.IsQuarantined));
        var byHash = new Dictionary<UInt128, Queue<OrderedRow>>();
        foreach (var row in right) Add(byHash, GetHash(row), row);
        var unmatched = new List<OrderedRow>();
        var taken = new HashSet<OrderedRow>(ReferenceEqualityComparer.Instance);
        foreach (var row in left)
        {
            if (byHash.TryGetValue(GetHash(row), out var same) && same.TryDequeue(out var partner))
            {
                taken.Add(partner);
                if (TakePair(row, partner) is { } difference) yield return difference;
            }
            else
            {
                unmatched.Add(row);
            }
        }

        // Then those of one rowid, then in order.
        var rest = right.FindAll(row => !taken.Contains(row));
        foreach (var row in unmatched.FindAll(row => row.Cells.RowId is not null))
        {
            if (rest.Find(other => other.Cells.RowId == row.Cells.RowId) is not { } partner) continue;
            rest.Remove(partner);
            unmatched.Remove(row);
            if (TakePair(row, partner) is { } difference) yield return difference;
        }

        foreach (var row in unmatched)
        {
            if (rest.Find(other => row.Cells.RowId is null || other.Cells.RowId is null) is { } partner)
            {
                rest.Remove(partner);
                if (TakePair(row, partner) is { } difference) yield return difference;
            }
            else if (TakeMissing(row) is { } missing)
            {
                yield return missing;
            }
        }

        foreach (var row in rest)
        {
            if (TakeExtra(row) is { } extra) yield return extra;
        }
    }

    private static void Add(Dictionary<UInt128, Queue<OrderedRow>> rows, UInt128 hash, OrderedRow row)
    {
        if (!rows.TryGetValue(hash, out var queue)) rows.Add(hash, queue = new Queue<OrderedRow>());
        queue.Enqueue(row);
    }

    private UInt128 GetHash(OrderedRow row)
    {
        Span<byte> hash = stackalloc byte[SetDigest.Length];
        Write(row.Cells, _left);
        _left.Hash(hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static bool HaveSameKey(OrderedRow left, OrderedRow right) => RowBuffer.CompareKeys(left.Cells, right.Cells) == 0;

    private RowDifference? TakeMissing(OrderedRow row)
    {
        // Of an older run, whose row another may have replaced.
        if (row is { IsQuarantined: true, IsOfNewestRun: false }) return null;
        SourceRows++;
        Missing++;
        AddTo(SourceDigest, row);
        return new RowDifference(DifferenceKind.Missing, row, null, []);
    }

    private RowDifference? TakeExtra(OrderedRow row)
    {
        // What was put aside and is no more in the source is nobody's loss.
        if (row.IsQuarantined) return null;
        DestinationRows++;
        Extra++;
        AddTo(DestinationDigest, row);
        return new RowDifference(DifferenceKind.Extra, null, row, []);
    }

    private RowDifference? TakePair(OrderedRow a, OrderedRow b)
    {
        SourceRows++;
        DestinationRows++;
        Write(a.Cells, _left);
        Write(b.Cells, _right);
        Span<byte> hash = stackalloc byte[SetDigest.Length];
        _left.Hash(hash);
        SourceDigest.Add(hash);
        var isSame = _left.Bytes.SequenceEqual(_right.Bytes);
        var columns = isSame ? null : FindDifferences(a, b);
        if (columns is null or { Count: 0 })
        {
            DestinationDigest.Add(hash);
            if (a.IsQuarantined || b.IsQuarantined) Quarantined++;
            else Equal++;
            return null;
        }

        AddTo(DestinationDigest, b);
        Changed++;
        CellsDiffering += columns.Count;
        return new RowDifference(DifferenceKind.Changed, a, b, columns);
    }

    private List<ConversationColumn> FindDifferences(OrderedRow a, OrderedRow b)
    {
        var columns = new List<ConversationColumn>();
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (IsSame(a.Cells, b.Cells, column) || (b.HasStored && IsSame(a.Cells, b.Stored, column)) || (a.HasStored && IsSame(a.Stored, b.Cells, column))) continue;
            columns.Add(column);
        }

        return columns;
    }

    private bool IsSame(RowBuffer a, RowBuffer b, ConversationColumn column)
        => (a.GetStorageClass(column) == b.GetStorageClass(column) && a.GetBytes(column).SequenceEqual(b.GetBytes(column)))
            || (times.TryRead(a, column, out var first) && times.TryRead(b, column, out var second) && first == second);

    private void AddTo(SetDigest digest, OrderedRow row)
    {
        Span<byte> hash = stackalloc byte[SetDigest.Length];
        Write(row.Cells, _right);
        _right.Hash(hash);
        digest.Add(hash);
    }

    private void Write(RowBuffer row, CanonicalRow canonical)
    {
        canonical.Clear();
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (times.TryRead(row, column, out var instant))
            {
                canonical.Add(CanonicalRow.TimeKind, instant);
                continue;
            }

            canonical.Add(
                row.GetStorageClass(column) switch
                {
                    StorageClass.Integer => CanonicalRow.IntegerKind,
                    StorageClass.Real => CanonicalRow.RealKind,
                    StorageClass.Text => CanonicalRow.TextKind,
                    StorageClass.Blob => CanonicalRow.BlobKind,
                    _ => CanonicalRow.NullKind,
                },
                row.GetBytes(column));
        }
    }
}

/// <summary>A row that differs.</summary>
/// <param name="Kind">Missing, Extra or Changed.</param>
/// <param name="Source">The source's row, where it has it.</param>
/// <param name="Destination">The destination's.</param>
/// <param name="Columns">The columns that differ, where both have it.</param>
internal sealed record RowDifference(DifferenceKind Kind, OrderedRow? Source, OrderedRow? Destination, IReadOnlyList<ConversationColumn> Columns)
{
    /// <summary>The differences for a user: one a cell, or one for the row.</summary>
    internal IEnumerable<ConversationDifference> ToDifferences()
    {
        var row = (Source ?? Destination)!.Cells;
        var id = DifferenceNames.GetId(row);
        var rowId = Source?.Cells.RowId ?? Destination?.Cells.RowId;
        if (Kind != DifferenceKind.Changed)
        {
            yield return new ConversationDifference(Kind, id, rowId, null, null, null);
            yield break;
        }

        foreach (var column in Columns)
        {
            yield return new ConversationDifference(
                Kind, id, rowId, ConversationTable.NameOf(column), Source!.Cells.ToCell(column), Destination!.Cells.ToCell(column),
                Destination.IsQuarantined || Source.IsQuarantined ? "the row is quarantined" : null);
        }
    }
}
