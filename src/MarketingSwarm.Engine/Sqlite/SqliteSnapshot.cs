using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   A consistent copy of a database in a private temporary folder, deleted when it is disposed.
/// </summary>
internal sealed class SqliteSnapshot : IDisposable
{
    /// <summary>The longest that the copy may hold its lock; Python's sqlite3 gives up a write after 5 s.</summary>
    internal static readonly TimeSpan LongestLock = TimeSpan.FromSeconds(3);

    // A database in WAL mode that is opened and closed again and again is read where it is.
    private const int GreatestAttempts = 3;

    // Not the -shm, an index of the -wal that SQLite makes anew.
    private static readonly string[] CopiedSuffixes = ["", "-wal"];

    private readonly DirectoryInfo _folder;

    private SqliteSnapshot(DirectoryInfo folder, SwarmDatabase database)
    {
        _folder = folder;
        Database = database;
    }

    /// <summary>The copy.</summary>
    internal SwarmDatabase Database { get; }

    /// <summary>Whether a connection of some process has the file open in WAL mode, or one that crashed had.</summary>
    internal static bool IsLogInUse(string path) => File.Exists(path + "-shm");

    /// <summary>
    ///   Copies the files of a database in WAL mode that nobody has open, or gives up: somebody has. To read such a
    ///   file, SQLite makes a -shm and a -wal beside it and leaves them there, in the name of whoever reads: if the application runs as
    ///   another user, it can then no longer write.
    /// </summary>
    internal static SqliteSnapshot? TryCopy(string path, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < GreatestAttempts && !IsLogInUse(path); attempt++)
        {
            var before = GetState();
            var needed = before.Sum(file => file.Length);
            if (new DriveInfo(Path.GetTempPath()).AvailableFreeSpace < needed) throw Errors.SqliteNoRoomForCopy(path, needed);
            var snapshot = Create();
            var isWhole = false;
            try
            {
                foreach (var suffix in CopiedSuffixes)
                {
                    if (File.Exists(path + suffix)) Copy(path + suffix, snapshot.Database.Path + suffix, cancellationToken);
                }

                isWhole = !IsLogInUse(path) && GetState().SequenceEqual(before);
                if (isWhole) return snapshot;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw Errors.SqliteNotOpened(path, exception.Message, exception);
            }
            finally
            {
                if (!isWhole) snapshot.Dispose();
            }
        }

        return null;

        List<(long Length, DateTime Written)> GetState()
            => [.. CopiedSuffixes.Select(suffix => new FileInfo(path + suffix)).Select(file => file.Exists ? (file.Length, file.LastWriteTimeUtc) : default)];
    }

    /// <summary>
    ///   Copies the database behind a handle, or gives up: it is too large to be copied in time, or there is no room for it. A reader of a
    ///   file in rollback-journal mode makes every writer wait; VACUUM INTO is over before the application's busy timeout is.
    /// </summary>
    internal static SqliteSnapshot? TryCreate(sqlite3 handle, SwarmDatabase source, long greatestSource, CancellationToken cancellationToken)
    {
        var length = new FileInfo(source.Path!).Length;
        if (length > greatestSource || new DriveInfo(Path.GetTempPath()).AvailableFreeSpace < length * 2) return null;

        var snapshot = Create();
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(LongestLock);
            using var copy = new SqliteStatement(handle, "VACUUM INTO ?1", source);
            copy.Bind(1, snapshot.Database.Path!);
            using (limit.Token.Register(() => raw.sqlite3_interrupt(handle))) StepWhenFree(copy, limit.Token);
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

    // SQLite's own busy handler would not hear an interruption.
    private static void StepWhenFree(SqliteStatement copy, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                copy.Step();
                return;
            }
            catch (SwarmDatabaseException locked) when (locked.Failure == SwarmDatabaseFailure.Locked)
            {
                copy.Reset();
                cancellationToken.WaitHandle.WaitOne(20);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static SqliteSnapshot Create()
    {
        var folder = Directory.CreateTempSubdirectory("swarm-");
        return new SqliteSnapshot(folder, new SwarmDatabase(DatabaseEngine.Sqlite) { Path = Path.Combine(folder.FullName, "snapshot.db") });
    }

    private static void Copy(string source, string destination, CancellationToken cancellationToken)
    {
        using var input = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using var output = new FileStream(destination, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[1 << 20];
        for (int read; (read = input.Read(buffer)) > 0; output.Write(buffer, 0, read)) cancellationToken.ThrowIfCancellationRequested();
    }
}
