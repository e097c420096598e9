using System.Diagnostics;
using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   A consistent copy of a database in a private temporary folder, deleted when it is disposed.
/// </summary>
internal sealed class SqliteSnapshot : IDisposable
{
    // Copied within the limit by any machine, and too little to measure a rate by.
    private const long SmallLength = 16 << 20;

    // Enough to see how fast the temporary folder is, and written in a few milliseconds.
    private const int ProbeLength = 8 << 20;

    // A database that is opened and closed again and again is read where it is.
    private const int GreatestAttempts = 3;

    private const string Log = "-wal";
    private const string Journal = "-journal";

    // Where a connection in WAL mode holds a shared lock on the -shm for as long as it lives
    // (https://www.sqlite.org/walformat.html#wal_locks, after the eight locks at 120).
    private const long DeadManSwitch = 128;

    private readonly TemporaryFolder _folder;

    private SqliteSnapshot(TemporaryFolder folder, SwarmDatabase database)
    {
        _folder = folder;
        Database = database;
    }

    /// <summary>The copy.</summary>
    internal SwarmDatabase Database { get; }

    /// <summary>Whether a connection of some process has the file open in WAL mode. Asked only where none of this process has.</summary>
    internal static bool IsLogInUse(string path)
    {
        // One that lives has both; after a crash both may be left.
        if (!File.Exists(path + "-shm") || !File.Exists(path + Log)) return false;
        try
        {
            using var index = new FileStream(path + "-shm", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (OperatingSystem.IsMacOS()) return true;
            index.Lock(DeadManSwitch, 1);
            index.Unlock(DeadManSwitch, 1);
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is locked, or it may not be written: then SQLite reads it where it is without writing it.
            return File.Exists(path + "-shm");
        }
    }

    /// <summary>
    ///   Copies a database in WAL mode that nobody has open, with its log and without its -shm, or gives up: somebody has. To read such a
    ///   file, SQLite makes a -shm and a -wal beside it, or those that a crash left anew, in the name of whoever reads: if the application
    ///   runs as another user, it can then no longer write.
    /// </summary>
    internal static SqliteSnapshot? TryCopyWithLog(string path, CancellationToken cancellationToken)
        => TryCopy(path, Log, () => IsLogInUse(path), cancellationToken);

    /// <summary>
    ///   Copies a database with the journal of a transaction that a crash left unfinished, or gives up: somebody has rolled it back by now.
    ///   Opened for writing, the copy is rolled back.
    /// </summary>
    /// <exception cref="SwarmDatabaseException">The transaction was one on several files.</exception>
    internal static SqliteSnapshot? TryCopyWithJournal(string path, CancellationToken cancellationToken)
    {
        var copy = TryCopy(path, Journal, () => !File.Exists(path + Journal), cancellationToken);
        if (copy is null) return null;
        try
        {
            // Whether to roll back depends on that file, which SQLite may delete.
            return SqliteJournal.ReadSuperJournal(copy.Database.Path + Journal) is { } superJournal ? throw Errors.SqliteSuperJournal(path, superJournal) : copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private static SqliteSnapshot? TryCopy(string path, string suffix, Func<bool> isInUse, CancellationToken cancellationToken)
    {
        string[] suffixes = ["", suffix];
        for (var attempt = 0; attempt < GreatestAttempts && !isInUse(); attempt++)
        {
            var before = GetState();
            var needed = before.Sum(file => file.Length);
            if (TemporaryFolder.GetRoom() < needed) throw Errors.SqliteNoRoomForCopy(path, needed);
            var snapshot = Create();
            var isWhole = false;
            try
            {
                foreach (var copied in suffixes.Where(copied => File.Exists(path + copied))) Copy(path + copied, snapshot.Database.Path + copied, cancellationToken);
                isWhole = !isInUse() && GetState().SequenceEqual(before);
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
            => [.. suffixes.Select(copied => new FileInfo(path + copied)).Select(file => file.Exists ? (file.Length, file.LastWriteTimeUtc) : default)];
    }

    /// <summary>
    ///   Copies the database behind a handle, or gives up: there is no room for it, or it would take too long. A reader of a file in
    ///   rollback-journal mode makes every writer wait; the copying is over before the application's busy timeout is.
    /// </summary>
    /// <param name="handle">The connection, outside a transaction.</param>
    /// <param name="source">The file, for errors.</param>
    /// <param name="length">The bytes to copy.</param>
    /// <param name="readRate">The bytes a second at which they are expected to be read.</param>
    /// <param name="longest">The longest that the lock may be held.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    internal static SqliteSnapshot? TryCreate(
        sqlite3 handle, SwarmDatabase source, long length, double readRate, TimeSpan longest, CancellationToken cancellationToken)
    {
        var isSmall = length <= SmallLength;
        if (!isSmall && length / readRate >= longest.TotalSeconds) return null;
        if (TemporaryFolder.GetRoom() < length * 2) return null;

        var snapshot = Create();
        var isWhole = false;
        try
        {
            // SQLite writes into an empty file, and would give one of its own the permissions of any other.
            using (var file = CreatePrivateFile(snapshot.Database.Path!))
            {
                if (!isSmall && (length / readRate) + (length / MeasureWriteRate(file)) >= longest.TotalSeconds) return null;
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(longest);
            // The copy need not survive a power cut, and waiting for the disk would hold the lock.
            _ = raw.sqlite3_exec(handle, "PRAGMA synchronous = OFF");
            using var copy = new SqliteStatement(handle, "VACUUM INTO ?1", source);
            copy.Bind(1, snapshot.Database.Path!);
            using (limit.Token.Register(() => raw.sqlite3_interrupt(handle))) StepWhenFree(copy, limit.Token);
            isWhole = true;
            return snapshot;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            if (!isWhole) snapshot.Dispose();
        }
    }

    // Leaves the file empty.
    private static double MeasureWriteRate(FileStream file)
    {
        // SQLite writes page by page.
        Span<byte> block = stackalloc byte[4096];
        var started = Stopwatch.GetTimestamp();
        for (var written = 0; written < ProbeLength; written += block.Length) file.Write(block);
        var taken = Stopwatch.GetElapsedTime(started);
        file.SetLength(0);
        return ProbeLength / taken.TotalSeconds;
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

    public void Dispose() => _folder.Dispose();

    private static SqliteSnapshot Create()
    {
        var folder = new TemporaryFolder();
        return new SqliteSnapshot(folder, new SwarmDatabase(DatabaseEngine.Sqlite) { Path = folder.GetPath("snapshot.db") });
    }

    private static void Copy(string source, string destination, CancellationToken cancellationToken)
    {
        using var input = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using var output = CreatePrivateFile(destination);
        var buffer = new byte[1 << 20];
        for (int read; (read = input.Read(buffer)) > 0; output.Write(buffer, 0, read)) cancellationToken.ThrowIfCancellationRequested();
    }

    private static FileStream CreatePrivateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
