using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;

namespace MarketingSwarm.Engine.Restoration;

/// <summary>
///   A SQLite file in the making: written beside its place under another name, and put there once it is whole, checked and on the disk.
///   Disposing it before leaves nothing behind.
/// </summary>
/// <remarks>
///   A column's type may change a cell that is stored into it: in a DATETIME column <c>'2025'</c> becomes a number. Where the source has such a
///   cell as text, whatever the reason, it must come back as text. So the rows are put into the same table without types, and its own
///   statement is written into the schema afterwards, which changes no row.
/// </remarks>
internal sealed class RestoredFile : IDisposable
{
    // What SQLite keeps beside a file. One left of an older file would be taken for the new one's and spoil it.
    private static readonly string[] CompanionSuffixes = ["-journal", "-wal", "-shm"];

    // A cell that its column's type would have changed is what the source had, and not a damage.
    private static readonly string[] HarmlessFindings = ["NUMERIC value in ", "TEXT value in "];

    private static readonly string[] RowIdNames = ["rowid", "_rowid_", "oid"];

    private readonly string _path;
    private readonly bool _overwrite;
    private readonly IReadOnlyList<string> _definition;
    private readonly string _encoding;
    private readonly string _part;
    private readonly SwarmDatabase _database;
    private readonly List<string> _warnings = [];
    private SqliteConnection _connection;
    private SqliteStatement? _insert;
    private SqliteStatement? _find;
    private string _name = "";
    private string _table = "";
    private string? _rowIdName;
    private long? _nextRowId;
    private RowSum _sum;

    private RestoredFile(string path, bool overwrite, IReadOnlyList<string> definition, string encoding, string part, CancellationToken cancellationToken)
    {
        _path = path;
        _overwrite = overwrite;
        _definition = definition;
        _encoding = encoding;
        _part = part;
        _database = new SwarmDatabase(DatabaseEngine.Sqlite) { Path = path };
        _connection = Open(cancellationToken);
    }

    /// <summary>The rows in it.</summary>
    internal long Rows { get; private set; }

    /// <summary>What could not be done and does no harm to a row.</summary>
    internal IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Looks whether a file can be made.</summary>
    /// <exception cref="SwarmDatabaseException">The place is taken, or its folder does not exist.</exception>
    internal static void Check(string path, bool overwrite)
    {
        if (Directory.Exists(path)) throw Errors.SqliteFileIsFolder(path);
        if (!overwrite && CompanionSuffixes.Prepend("").Select(suffix => path + suffix).FirstOrDefault(File.Exists) is { } present)
            throw Errors.RestoreFileExists(present);
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder)) throw Errors.RestoreFolderNotFound(path, folder);
    }

    /// <summary>Begins a file with a table and no rows.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="overwrite">Whether a file that is there is replaced in the end.</param>
    /// <param name="definition">The CREATE TABLE statement, then those of its indexes.</param>
    /// <param name="encoding">How it is to store text: <c>UTF-8</c>, <c>UTF-16le</c> or <c>UTF-16be</c>.</param>
    /// <param name="greatestRowId">A rowid that is given without being asked for is greater.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    internal static RestoredFile Create(
        string path, bool overwrite, IReadOnlyList<string> definition, string encoding, long greatestRowId, CancellationToken cancellationToken)
    {
        Check(path, overwrite);
        var part = Path.Combine(Path.GetDirectoryName(path)!, PrivateFile.TemporaryName());
        try
        {
            PrivateFile.Create(part).Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.RestoreNotWritten(path, exception.Message, exception);
        }

        RestoredFile? file = null;
        try
        {
            file = new RestoredFile(path, overwrite, definition, encoding, part, cancellationToken);
            file.CreateTable();
            // Rowids end with the greatest integer; SQLite then finds one that is free.
            file._nextRowId = greatestRowId == long.MaxValue ? null : Math.Max(greatestRowId, 0) + 1;
            return file;
        }
        catch (Exception exception)
        {
            if (file is not null) file.Dispose();
            else File.Delete(part);
            throw SqliteErrors.Translate(exception, new SwarmDatabase(DatabaseEngine.Sqlite) { Path = path });
        }
    }

    /// <summary>Stores a row, every cell with its own storage class.</summary>
    /// <param name="row">The row.</param>
    /// <param name="rowId">The rowid that it had; <see langword="null"/> for a new one, which a row also gets whose rowid another row has already.</param>
    /// <returns>False where another row has its key.</returns>
    /// <exception cref="SwarmDataException">It violates another constraint of the table.</exception>
    internal bool TryInsert(Conversation row, long? rowId)
    {
        if (_rowIdName is null) rowId = null;
        else if (rowId is null || IsTaken(rowId.Value)) rowId = TakeRowId();
        var insert = _insert!;
        if (_rowIdName is not null) insert.Bind(ConversationTable.ColumnCount + 1, rowId is { } given ? ConversationCell.OfInteger(given) : ConversationCell.OfNull());
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++) insert.Bind((int)column + 1, row.GetCell(column));
        try
        {
            if (!insert.TryExecute()) return false;
        }
        catch (SwarmDatabaseException refused) when (refused.Failure == SwarmDatabaseFailure.ConstraintViolated)
        {
            throw Errors.RestoreRowRefused(_path, DescribeRow(row), refused.Message);
        }

        Rows++;
        _sum.Add(row, _rowIdName is null ? null : SQLitePCL.raw.sqlite3_last_insert_rowid(_connection.Handle!));
        return true;
    }

    /// <summary>Ends the file: its own schema, its indexes, a reading of all that is in it; then puts it in its place.</summary>
    /// <returns>Its size in bytes.</returns>
    /// <exception cref="SwarmDatabaseException">It is not what was written, or cannot be put there.</exception>
    internal long Complete(CancellationToken cancellationToken)
    {
        try
        {
            Execute("COMMIT");
            CloseStatements();
            RestoreDefinition(cancellationToken);
            foreach (var statement in _definition.Skip(1)) TryCreateIndex(statement);
            CheckContent(cancellationToken);
            _connection.Dispose();
            return PutInPlace();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.RestoreNotWritten(_path, exception.Message, exception);
        }
        catch (Exception exception)
        {
            throw SqliteErrors.Translate(exception, _database);
        }
    }

    public void Dispose()
    {
        CloseStatements();
        _connection.Dispose();
        File.Delete(_part);
    }

    private SqliteConnection Open(CancellationToken cancellationToken)
    {
        var connection = SqliteConnector.OpenWrite(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = _part }, create: true, cancellationToken);
        _connection = connection;
        // The encoding is fixed with the first table. The file is nobody's until it is complete: no journal, and one wait for the disk in
        // the end. A constraint that the source's own rows violate must not keep them out.
        Execute($"""
            PRAGMA encoding = '{_encoding}'; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
            PRAGMA cache_size = -65536; PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF
            """);
        return connection;
    }

    private void CreateTable()
    {
        TryCreate(SqliteDefinition.WithoutTypes(_definition[0]), throws: true);
        var schema = SqliteSchemaReader.Read(_connection, _database, countRows: false);
        _name = schema.Table;
        _table = SqlNames.Quote(_name);
        var key = schema.FindColumn(ConversationTable.NameOf(ConversationColumn.Id))!;
        // A key of type INTEGER is the rowid itself.
        var isRowId = key.PrimaryKeyPosition is not null && string.Equals(key.Type, "INTEGER", StringComparison.OrdinalIgnoreCase);
        if (!schema.IsWithoutRowId && !isRowId) _rowIdName = RowIdNames.FirstOrDefault(name => schema.FindColumn(name) is null);
        Execute("BEGIN");
        var parameters = string.Join(", ", Enumerable.Range(1, ConversationTable.ColumnCount + (_rowIdName is null ? 0 : 1)).Select(i => FormattableString.Invariant($"?{i}")));
        _insert = new SqliteStatement(
            _connection.Handle!,
            $"INSERT OR ABORT INTO {_table} ({ConversationTable.ColumnList}{(_rowIdName is null ? "" : $", {_rowIdName}")}) VALUES ({parameters})", _database, _encoding);
        if (_rowIdName is not null) _find = new SqliteStatement(_connection.Handle!, $"SELECT 1 FROM {_table} WHERE {_rowIdName} = ?1", _database);
    }

    private bool IsTaken(long rowId)
    {
        _find!.Bind(1, rowId);
        var isTaken = _find.Step();
        _find.Reset();
        return isTaken;
    }

    private long? TakeRowId()
    {
        var rowId = _nextRowId;
        _nextRowId = rowId == long.MaxValue ? null : rowId + 1;
        return rowId;
    }

    private void RestoreDefinition(CancellationToken cancellationToken)
    {
        using (var command = _connection.CreateCommand())
        {
            command.CommandText = "PRAGMA writable_schema = ON; UPDATE main.sqlite_master SET sql = $1 WHERE type = 'table' AND name = $2; PRAGMA writable_schema = OFF";
            command.Parameters.AddWithValue("$1", _definition[0]);
            command.Parameters.AddWithValue("$2", _name);
            command.ExecuteNonQuery();
        }

        // Another connection reads the schema as it is now.
        _connection.Dispose();
        _connection = Open(cancellationToken);
    }

    private void TryCreateIndex(string statement)
    {
        if (TryCreate(statement, throws: false) is { } reason) _warnings.Add($"An index of the source could not be made in '{_path}': {reason} ({statement}).");
    }

    private string? TryCreate(string statement, bool throws)
    {
        try
        {
            Execute(statement);
            return null;
        }
        // SQLITE_ERROR, or a UNIQUE index of rows that are not.
        catch (SqliteException exception) when (exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_ERROR or SQLitePCL.raw.SQLITE_CONSTRAINT)
        {
            var reason = SQLitePCL.raw.sqlite3_errmsg(_connection.Handle!).utf8_to_string();
            return throws ? throw Errors.RestoreSchemaRefused(_path, _definition[0], reason) : reason;
        }
    }

    private void CheckContent(CancellationToken cancellationToken)
    {
        using (var check = new SqliteStatement(_connection.Handle!, "PRAGMA integrity_check", _database, _encoding))
        {
            while (check.Step())
            {
                cancellationToken.ThrowIfCancellationRequested();
                var finding = System.Text.Encoding.UTF8.GetString(check.GetText(0));
                if (finding != "ok" && !HarmlessFindings.Any(start => finding.StartsWith(start, StringComparison.Ordinal))) throw Errors.RestoreNotSound(_path, finding);
            }
        }

        var builder = new ConversationBuilder();
        var sum = default(RowSum);
        var rows = 0L;
        using var select = new SqliteStatement(
            _connection.Handle!, $"SELECT {_rowIdName ?? "NULL"}, {ConversationTable.ColumnList} FROM {_table} NOT INDEXED", _database, _encoding);
        for (; select.Step(); rows++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rowId = _rowIdName is null ? (long?)null : select.GetInteger(0);
            sum.Add(select.ReadConversation(builder, 1, rowId), rowId);
        }

        if (rows != Rows) throw Errors.RestoreNotSound(_path, FormattableString.Invariant($"{Rows} rows were written and {rows} are in it"));
        if (!sum.Equals(_sum)) throw Errors.RestoreNotSound(_path, "a cell was changed");
    }

    private long PutInPlace()
    {
        long length;
        using (var file = new FileStream(_part, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
            length = file.Length;
        }

        Check(_path, _overwrite);
        if (_overwrite)
        {
            foreach (var suffix in CompanionSuffixes) File.Delete(_path + suffix);
        }

        File.Move(_part, _path, _overwrite);
        return length;
    }

    private void CloseStatements()
    {
        _insert?.Dispose();
        _find?.Dispose();
    }

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string DescribeRow(Conversation row) => $"The row '{row.GetCell(ConversationColumn.Id)}'";
}
