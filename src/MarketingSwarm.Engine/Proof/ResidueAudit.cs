using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   Examines a row of the source that has entries in the residue, or needs some: each special cell must have one entry with its very
///   bytes, what is stored instead must be what the plan says, and no entry may be there without a special cell.
/// </summary>
internal sealed class ResidueAudit(ProofPlan plan, PlainCells cells, Action<ConversationDifference> report)
{
    // An index has 32 columns at most, and each has a share of an entry of 2,692 bytes.
    private const int LeastIndexShare = 2692 / 32;

    private readonly CanonicalRow _scratch = new();

    /// <summary>Examines a row and adds it to its canonical form, as the target must have it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="residue">What the residue holds of it.</param>
    /// <param name="canonical">Where its form goes.</param>
    /// <returns>False where the row is quarantined: the target must not have it.</returns>
    internal bool Examine(RowBuffer row, ResidueRow? residue, CanonicalRow canonical)
    {
        canonical.Clear();
        var isQuarantined = residue is { IsQuarantined: true };
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            _scratch.Clear();
            var isPlain = cells.TryAdd(row, column, _scratch);
            var entry = residue?[column];
            if (entry is null)
            {
                if (isQuarantined || !isPlain)
                {
                    Report(DifferenceKind.ResidueMissing, row, column, null, isQuarantined
                        ? "the row is quarantined, and the residue lacks this cell"
                        : "the target cannot hold this cell, and the residue lacks it");
                }

                if (isPlain) _ = cells.TryAdd(row, column, canonical);
                else canonical.AddNull();
                continue;
            }

            if (!entry.IsOriginal(row.GetStorageClass(column), row.GetBytes(column)))
                Report(DifferenceKind.ResidueChanged, row, column, entry.ToCell(), "the residue's original is not what the source has");
            else if (isQuarantined && (entry.Stored is not null || entry.Outcome != nameof(CellOutcome.RowQuarantined)))
                Report(DifferenceKind.ResidueChanged, row, column, entry.ToCell(), "the row is quarantined, and the residue says that this cell is stored");
            else if (!isQuarantined && isPlain && !IsTooLong(row, column, entry))
                Report(DifferenceKind.ResidueExtra, row, column, entry.ToCell(), "the target can hold this cell as it is, and the residue has an entry for it");
            else if (!isQuarantined && !isPlain && !IsRight(row, column, entry))
                Report(DifferenceKind.ResidueChanged, row, column, ReadStored(column, entry.Stored), "what is stored instead is not what the plan's rules give");
            if (column == ConversationColumn.Id && !isQuarantined && !entry.Stored.AsSpan().SequenceEqual(residue!.TargetId))
                Report(DifferenceKind.ResidueChanged, row, column, ReadStored(column, residue.TargetId), "the residue names two keys for the row");
            AddStored(column, entry, canonical);
        }

        // The key under which the residue says the row is in the table is the row's own, unless an entry says otherwise.
        if (residue is { IsQuarantined: false } && residue[ConversationColumn.Id] is null && !row.GetBytes(ConversationColumn.Id).SequenceEqual(residue.TargetId))
            Report(DifferenceKind.ResidueChanged, row, ConversationColumn.Id, ReadStored(ConversationColumn.Id, residue.TargetId), "the residue names another key for the row");
        return !isQuarantined;
    }

    /// <summary>Reports the entries of a row that the source does not have.</summary>
    internal void ReportOrphan(ResidueRow residue)
    {
        var id = residue.TargetId ?? residue[ConversationColumn.Id]?.Original;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (residue[column] is not { } entry) continue;
            report(new ConversationDifference(
                DifferenceKind.ResidueExtra, id is null ? null : Encoding.UTF8.GetString(id), residue.RowId, ConversationTable.NameOf(column),
                null, entry.ToCell(), "the residue has an entry for a row that the source does not have, or has it twice"));
        }
    }

    /// <summary>A value as PostgreSQL's binary format has it, as a cell.</summary>
    internal static ConversationCell ReadStored(ConversationColumn column, byte[]? stored)
    {
        if (stored is null) return ConversationCell.OfNull();
        if (PlainCells.IsTextColumn(column)) return ConversationCell.OfText(stored);
        if (stored.Length != 8) return ConversationCell.OfBlob(stored);
        if (column == ConversationColumn.TotalCost) return ConversationCell.OfReal(BinaryPrimitives.ReadDoubleBigEndian(stored));
        var text = new byte[64];
        return ConversationCell.OfText(text.AsMemory(0, TimeReading.Write(column, BinaryPrimitives.ReadInt64BigEndian(stored), text)));
    }

    private static void AddStored(ConversationColumn column, ResidueEntry entry, CanonicalRow canonical)
    {
        if (entry.Stored is null) canonical.AddNull();
        else canonical.Add(ConversationTable.IsTimestamp(column) ? CanonicalRow.TimeKind : column == ConversationColumn.TotalCost ? CanonicalRow.RealKind : CanonicalRow.TextKind, entry.Stored);
    }

    private static bool IsTooLong(RowBuffer row, ConversationColumn column, ResidueEntry entry)
        => entry.Is(ConversionRule.TooLongForIndex) && entry.Stored is null && column != ConversationColumn.Id && row.GetBytes(column).Length > LeastIndexShare;

    private bool IsRight(RowBuffer row, ConversationColumn column, ResidueEntry entry)
    {
        if (ConversationTable.IsTimestamp(column)) return IsRightTime(row, column, entry.Stored);
        if (column == ConversationColumn.TotalCost) return IsRightCost(row, entry.Stored);
        if (column == ConversationColumn.Id && entry.Stored is null) return false;
        return IsTooLong(row, column, entry) || IsRightText(row, column, entry);
    }

    private bool IsRightTime(RowBuffer row, ConversationColumn column, byte[]? stored)
    {
        long? instant = stored is { Length: 8 } ? BinaryPrimitives.ReadInt64BigEndian(stored) : null;
        if (stored is not null && instant is null) return false;
        switch (row.GetStorageClass(column))
        {
            case StorageClass.Integer:
                var unit = TimeReading.FindUnit(row.GetNumber(column), out var expected);
                return plan.GetUnits(column).Contains(unit) ? instant == expected : instant is null;
            case StorageClass.Real:
                var real = BitConverter.Int64BitsToDouble(row.GetNumber(column));
                var realUnit = TimeReading.FindUnit(real);
                return plan.GetUnits(column).Contains(realUnit) ? instant is { } given && TimeReading.IsInstantOf(real, realUnit, given) : instant is null;
            case StorageClass.Text when TimeReading.TryRead(row.GetBytes(column)) is { } time:
                if (time.HasLongFraction) return instant == (plan.Policy.OnLongFraction == LongFractionAction.Quarantine ? null : time.Instant);
                if (!time.HasOffset) return instant == time.Instant;
                return instant == plan.Policy.OnOffset switch
                {
                    OffsetAction.Utc => time.Instant,
                    OffsetAction.KeepWallClock => time.WallClock,
                    _ => null,
                };
            default:
                return instant is null;
        }
    }

    private static bool IsRightCost(RowBuffer row, byte[]? stored)
    {
        const ConversationColumn Cost = ConversationColumn.TotalCost;
        if (row.GetStorageClass(Cost) != StorageClass.Integer) return stored is null;
        // A double holds an integer whose significant bits are 53 at most.
        var value = row.GetNumber(Cost);
        var magnitude = BigInteger.Abs(value);
        var bits = value == 0 ? 0 : (long)magnitude.GetBitLength() - BitOperations.TrailingZeroCount(value);
        if (stored is null) return bits > 53 || magnitude > new BigInteger(9.2e18);
        return bits <= 53 && stored.Length == 8 && BinaryPrimitives.ReadDoubleBigEndian(stored) is var real && new BigInteger(real) == value;
    }

    private bool IsRightText(RowBuffer row, ConversationColumn column, ResidueEntry entry)
    {
        var stored = entry.Stored;
        var bytes = row.GetBytes(column);
        switch (row.GetStorageClass(column))
        {
            case StorageClass.Null:
                // Only a key is special without a value.
                return row.RowId is { } rowId && stored.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"null-{rowId}")));
            case StorageClass.Integer:
                return stored is not null && stored.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(row.GetNumber(column).ToString(CultureInfo.InvariantCulture)));
            case StorageClass.Real:
                return stored is not null && double.TryParse(Encoding.ASCII.GetString(stored), NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
                    && BitConverter.DoubleToInt64Bits(real) == row.GetNumber(column);
            case StorageClass.Blob:
                return PlainCells.IsStorable(bytes) ? stored is not null && stored.AsSpan().SequenceEqual(bytes) : stored is null;
            default:
                return System.Text.Unicode.Utf8.IsValid(bytes) ? IsRightWithoutNul(bytes, stored) : IsRightInvalid(bytes, stored);
        }
    }

    private bool IsRightWithoutNul(ReadOnlySpan<byte> bytes, byte[]? stored) => plan.Policy.OnNul switch
    {
        NulAction.Quarantine => stored is null,
        NulAction.Strip => stored is not null && Replace(bytes, []).AsSpan().SequenceEqual(stored),
        NulAction.Replace => stored is not null && Replace(bytes, [0xE2, 0x90, 0x80]).AsSpan().SequenceEqual(stored),
        _ => stored is not null && IsBase64Of(bytes, stored),
    };

    // How invalid bytes are shown has no rule of its own to be proven: the original is kept, and what is shown must be storable.
    private bool IsRightInvalid(ReadOnlySpan<byte> bytes, byte[]? stored) => plan.Policy.OnInvalidText switch
    {
        InvalidTextAction.Quarantine => stored is null,
        InvalidTextAction.Latin1 when !bytes.Contains((byte)0) => stored is not null && Encoding.Latin1.GetBytes(Encoding.UTF8.GetString(stored)).AsSpan().SequenceEqual(bytes),
        _ => stored is null ? bytes.Contains((byte)0) : PlainCells.IsStorable(stored),
    };

    private static byte[] Replace(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> nul)
    {
        var result = new List<byte>(bytes.Length);
        foreach (var value in bytes)
        {
            if (value == 0) result.AddRange(nul);
            else result.Add(value);
        }

        return [.. result];
    }

    private static bool IsBase64Of(ReadOnlySpan<byte> bytes, byte[] stored)
    {
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(stored.Length)];
        return Base64.DecodeFromUtf8(stored, decoded, out var consumed, out var written) == System.Buffers.OperationStatus.Done
            && consumed == stored.Length && decoded.AsSpan(0, written).SequenceEqual(bytes);
    }

    private void Report(DifferenceKind kind, RowBuffer row, ConversationColumn column, ConversationCell? found, string reason)
        => report(new ConversationDifference(kind, DifferenceNames.GetId(row), row.RowId, ConversationTable.NameOf(column), row.ToCell(column), found, reason));
}

/// <summary>How a difference names its row.</summary>
internal static class DifferenceNames
{
    /// <summary>The id, where it is text that can be shown; <see langword="null"/> elsewhere.</summary>
    internal static string? GetId(RowBuffer row)
        => row.GetStorageClass(ConversationColumn.Id) == StorageClass.Text && System.Text.Unicode.Utf8.IsValid(row.GetBytes(ConversationColumn.Id))
            ? Encoding.UTF8.GetString(row.GetBytes(ConversationColumn.Id))
            : null;
}
