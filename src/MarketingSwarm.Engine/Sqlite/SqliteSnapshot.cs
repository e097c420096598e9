using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   A consistent copy of a database in a private temporary folder. A reader of a file in rollback-journal mode makes every writer wait;
///   a copy by VACUUM INTO is over before the application's busy timeout is, and can then be read at leisure.
/// </summary>
internal sealed class SqliteSnapshot : IDisposable
{
    /// <summary>The longest that the copy may hold its lock; Python's sqlite3 gives up a write after 5 s.</summary>
    internal static readonly TimeSpan LongestLock = TimeSpan.FromSeconds(3);

    // VACUUM INTO copied 423 MB in about 1.1 s with a writer beside it.
    private const long GreatestSource = 768L << 20;

    private readonly DirectoryInfo _folder;

    private SqliteSnapshot(DirectoryInfo folder, SwarmDatabase database)
    {
        _folder = folder;
        Database = database;
    }

    /// <summary>The copy.</summary>
    internal SwarmDatabase Database { get; }

    /// <summary>Copies the database behind a handle, or gives up: it is too large to be copied in time, or there is no room for it.</summary>
    internal static SqliteSnapshot? TryCreate(sqlite3 handle, SwarmDatabase source, CancellationToken cancellationToken)
    {
        var length = new FileInfo(source.Path!).Length;
        if (length > GreatestSource || new DriveInfo(Path.GetTempPath()).AvailableFreeSpace < length * 2) return null;

        var folder = Directory.CreateTempSubdirectory("swarm-");
        var snapshot = new SqliteSnapshot(folder, new SwarmDatabase(DatabaseEngine.Sqlite) { Path = Path.Combine(folder.FullName, "snapshot.db") });
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(LongestLock);
            using var copy = new SqliteStatement(handle, "VACUUM INTO ?1", source);
            copy.Bind(1, snapshot.Database.Path!);
            _ = raw.sqlite3_busy_timeout(handle, (int)SqliteErrors.LockWait.TotalMilliseconds);
            using (limit.Token.Register(() => raw.sqlite3_interrupt(handle))) copy.Step();
            return snapshot;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            snapshot.Dispose();
            return null;
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
