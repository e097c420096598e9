using System.Globalization;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>
///   Says whether anybody can have written to a file since it was last noted, without reading it: by SQLite's <c>data_version</c>, which
///   changes with every commit of another connection (https://www.sqlite.org/pragma.html#pragma_data_version), and by the lengths and
///   times of the file and its log, which also tell that another file was put in its place.
/// </summary>
internal sealed class SourceGate(SwarmDatabase database) : IDisposable
{
    // Two writes within one tick of the file system's clock have one time.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private SqliteConnection? _connection;
    private long _version;
    private string? _mark;

    /// <summary>What can be kept and compared in another process; <see langword="null"/> where the file was written too short a time before.</summary>
    internal string? Mark { get; private set; }

    /// <summary>Notes the state of now. What is read afterwards is of this state or a later one.</summary>
    internal void Note(CancellationToken cancellationToken)
    {
        _connection?.Dispose();
        _connection = null;
        (_mark, var written) = ReadMark();
        Mark = DateTime.UtcNow - written > Tick ? _mark : null;
        var connection = SqliteConnector.OpenRead(database, cancellationToken, out var isCopy);
        try
        {
            SqliteConnector.Commit(connection, database, cancellationToken);
            // In a copy nobody writes; and nobody has the file open, or there would be none.
            if (isCopy) return;
            _version = ReadVersion(connection);
            _connection = connection;
        }
        finally
        {
            if (_connection is null) connection.Dispose();
        }
    }

    /// <summary>Takes what another process noted for the state of now.</summary>
    internal bool IsAt(string mark) => ReadMark().Mark == mark;

    /// <summary>Whether anybody may have written since <see cref="Note"/>.</summary>
    internal bool HasChanged()
    {
        if (ReadMark().Mark != _mark) return true;
        if (_connection is null) return Mark is null;
        try
        {
            return ReadVersion(_connection) != _version;
        }
        catch (SwarmDatabaseException)
        {
            // A writer is at it just now.
            return true;
        }
    }

    public void Dispose() => _connection?.Dispose();

    private long ReadVersion(SqliteConnection connection)
    {
        using var statement = new SqliteStatement(connection.Handle!, "PRAGMA data_version", database);
        statement.Step();
        return statement.GetInteger(0);
    }

    private (string Mark, DateTime Written) ReadMark()
    {
        var written = DateTime.MinValue;
        var parts = new List<string>();
        foreach (var suffix in (string[])["", "-wal", "-journal"])
        {
            var file = new FileInfo(database.Path + suffix);
            if (!file.Exists) continue;
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{suffix}{file.Length}@{file.LastWriteTimeUtc.Ticks}"));
            if (file.LastWriteTimeUtc > written) written = file.LastWriteTimeUtc;
        }

        return (string.Join(' ', parts), written);
    }
}
