using System.Globalization;
using System.Text;
using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   The SQL statements that make a destination equal its source, a line each. Every literal gives back the very value; what the
///   destination's SQL cannot say is named in a comment and left as it is.
/// </summary>
internal sealed class RepairScript(SwarmDatabase destination, string table, string encoding)
{
    private readonly bool _isPostgres = destination.Engine == DatabaseEngine.PostgreSql;

    /// <summary>What comes before the statements.</summary>
    internal IEnumerable<string> Begin()
    {
        if (!_isPostgres) return ["BEGIN;"];
        // The literals below are read by these two.
        return ["SET client_encoding = 'UTF8';", "BEGIN;", "SET LOCAL standard_conforming_strings = on;"];
    }

    /// <summary>The statement for a row that differs, after comments on what it leaves out.</summary>
    internal IEnumerable<string> Write(RowDifference difference)
    {
        var lines = new List<string>();
        switch (difference.Kind)
        {
            case DifferenceKind.Missing: WriteInsert(difference.Source!, lines); break;
            case DifferenceKind.Extra: WriteDelete(difference.Destination!, lines); break;
            default: WriteUpdate(difference, lines); break;
        }

        return lines;
    }

    /// <summary>What comes after them.</summary>
    internal static string End() => "COMMIT;";

    private void WriteInsert(OrderedRow source, List<string> lines)
    {
        var literals = new string[ConversationTable.ColumnCount];
        var row = source.Cells;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (TryWriteLiteral(row, column, out var literal))
            {
                literals[(int)column] = literal;
                continue;
            }

            lines.Add(Comment(row, column, "the row is not inserted"));
        }

        if (lines.Count == 0) lines.Add($"INSERT INTO {table} ({ConversationTable.ColumnList}) VALUES ({string.Join(", ", literals)});");
    }

    private void WriteDelete(OrderedRow row, List<string> lines)
    {
        if (TryWriteKey(row, out var condition)) lines.Add($"DELETE FROM {table} WHERE {condition};");
        else lines.Add(Comment(row.Cells, ConversationColumn.Id, "the row is not deleted"));
    }

    private void WriteUpdate(RowDifference difference, List<string> lines)
    {
        var destinationRow = difference.Destination!;
        if (destinationRow.IsQuarantined)
        {
            lines.Add(Comment(difference.Source!.Cells, ConversationColumn.Id, "the row is quarantined, and its bytes are in swarm_migration.residue"));
            return;
        }

        var sets = new List<string>();
        foreach (var column in difference.Columns)
        {
            if (TryWriteLiteral(difference.Source!.Cells, column, out var literal)) sets.Add($"{ConversationTable.NameOf(column)} = {literal}");
            else lines.Add(Comment(difference.Source.Cells, column, "the cell is left as it is"));
        }

        if (sets.Count == 0) return;
        if (TryWriteKey(destinationRow, out var condition)) lines.Add($"UPDATE {table} SET {string.Join(", ", sets)} WHERE {condition};");
        else lines.Add(Comment(destinationRow.Cells, ConversationColumn.Id, "the row is left as it is"));
    }

    // The row as the destination itself knows it: PostgreSQL by the key in the table, SQLite by the rowid where the key is none.
    private bool TryWriteKey(OrderedRow row, out string condition)
    {
        var cells = row.HasStored ? row.Stored : row.Cells;
        condition = "";
        if (cells.GetStorageClass(ConversationColumn.Id) == StorageClass.Null || (!_isPostgres && row.Cells.RowId is not null))
        {
            if (_isPostgres || row.Cells.RowId is not { } rowId) return false;
            condition = FormattableString.Invariant($"rowid = {rowId}");
            return true;
        }

        if (!TryWriteLiteral(cells, ConversationColumn.Id, out var literal)) return false;
        condition = $"id = {literal}";
        return true;
    }

    private bool TryWriteLiteral(RowBuffer row, ConversationColumn column, out string literal)
        => _isPostgres ? TryWritePostgres(row, column, out literal) : TryWriteSqlite(row, column, out literal);

    private static bool TryWritePostgres(RowBuffer row, ConversationColumn column, out string literal)
    {
        literal = "NULL";
        switch (row.GetStorageClass(column))
        {
            case StorageClass.Null:
                return true;
            case StorageClass.Text when PlainCells.IsTextColumn(column) && PlainCells.IsStorable(row.GetBytes(column)):
                literal = QuotePostgres(Encoding.UTF8.GetString(row.GetBytes(column)));
                return true;
            case StorageClass.Real when column == ConversationColumn.TotalCost:
                literal = $"'{BitConverter.Int64BitsToDouble(row.GetNumber(column)).ToString("R", CultureInfo.InvariantCulture)}'::double precision";
                return true;
            default:
                if (!TimeEquality.AnyPlan.TryRead(row, column, out var instant) || row.GetStorageClass(column) != StorageClass.Text) return false;
                Span<byte> text = stackalloc byte[64];
                literal = $"'{Encoding.ASCII.GetString(text[..TimeReading.Write(ConversationColumn.CreatedAt, instant, text)])}'::timestamp";
                return true;
        }
    }

    private bool TryWriteSqlite(RowBuffer row, ConversationColumn column, out string literal)
    {
        var bytes = row.GetBytes(column);
        literal = row.GetStorageClass(column) switch
        {
            StorageClass.Null => "NULL",
            // The parser takes the sign off first, and 2^63 is no integer of its.
            StorageClass.Integer when row.GetNumber(column) == long.MinValue => "(-9223372036854775807 - 1)",
            StorageClass.Integer => row.GetNumber(column).ToString(CultureInfo.InvariantCulture),
            StorageClass.Real => WriteReal(BitConverter.Int64BitsToDouble(row.GetNumber(column))),
            StorageClass.Blob => $"x'{Convert.ToHexString(bytes)}'",
            _ when PlainCells.IsStorable(bytes) && Encoding.UTF8.GetString(bytes) is var text && !text.Any(char.IsControl) => SqlNames.QuoteText(text),
            _ => TryEncode(bytes, out var encoded) ? $"CAST(x'{Convert.ToHexString(encoded)}' AS TEXT)" : "",
        };
        return literal.Length > 0;
    }

    // CAST takes the bytes for text in the file's own encoding.
    private bool TryEncode(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> encoded)
    {
        encoded = text;
        if (encoding == SqliteTable.Utf8) return true;
        var units = new byte[Utf16Text.GetMaxUtf16Length(text.Length)];
        if (!Utf16Text.TryFromWtf8(text, encoding == SqliteTable.Utf16BigEndian, units, out var length)) return false;
        encoded = units.AsSpan(0, length);
        return true;
    }

    // SQLite does not promise to read more than 15 digits to the nearest double. A number of fewer, within what a power of ten can be
    // exactly, is read exactly by anybody; any other is written as its 53 bits times powers of two, each step of which is exact.
    private static string WriteReal(double value)
    {
        if (double.IsInfinity(value)) return value > 0 ? "9e999" : "-9e999";
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        if (shortest.Count(char.IsAsciiDigit) <= 15 && (value == 0 || Math.Abs(value) is >= 1e-7 and < 1e15))
            return shortest.Contains('.', StringComparison.Ordinal) || shortest.Contains('E', StringComparison.Ordinal) ? shortest : shortest + ".0";
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = (bits & 0xF_FFFF_FFFF_FFFF) | (exponent == 0 ? 0 : 1L << 52);
        var power = (exponent == 0 ? 1 : exponent) - 1075;
        var text = new StringBuilder($"({(value < 0 ? "-" : "")}CAST({mantissa.ToString(CultureInfo.InvariantCulture)} AS REAL)");
        var step = power < 0 ? " / " : " * ";
        for (var left = Math.Abs(power); left > 0; left -= Math.Min(left, 62))
            text.Append(step).Append(CultureInfo.InvariantCulture, $"CAST({1L << Math.Min(left, 62)} AS REAL)");
        return text.Append(')').ToString();
    }

    private static string QuotePostgres(string text)
    {
        if (!text.Any(char.IsControl)) return SqlNames.QuoteText(text);
        // One line a statement, whatever is in the text.
        var quoted = new StringBuilder("E'");
        foreach (var sign in text)
        {
            if (char.IsControl(sign)) quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)sign:X4}");
            else if (sign is '\'' or '\\') quoted.Append(sign).Append(sign);
            else quoted.Append(sign);
        }

        return quoted.Append('\'').ToString();
    }

    private static string Comment(RowBuffer row, ConversationColumn column, string consequence)
    {
        var cell = row.ToCell(column);
        var bytes = cell.StorageClass is StorageClass.Text or StorageClass.Blob ? $"x'{Convert.ToHexString(cell.Bytes.Span)}'" : cell.ToString();
        var name = DifferenceNames.GetId(row) is { } id ? string.Concat(id.Select(sign => char.IsControl(sign) ? '\uFFFD' : sign))
            : row.RowId is { } rowId ? FormattableString.Invariant($"rowid {rowId}") : "without id";
        return $"-- row {name}: {ConversationTable.NameOf(column)} is {cell.StorageClass.ToString().ToUpperInvariant()} {bytes}, which no literal of this database can say: {consequence}.";
    }
}
