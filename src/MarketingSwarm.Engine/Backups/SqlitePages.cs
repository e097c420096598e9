using System.Diagnostics;
using MarketingSwarm.Engine.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Backups;

/// <summary>Copies a database page by page with SQLite's online backup (https://www.sqlite.org/c3ref/backup_finish.html).</summary>
internal static class SqlitePages
{
    // Some megabytes: short enough to hear Ctrl+C and to keep a limit, long enough to cost nothing.
    private const int PagesAtOnce = 512;

    // Sooner, the rate says little.
    private const double ShareToJudgeBy = 0.25;

    /// <summary>Copies all pages; the target then has the source's rows, rowids, schema, page size and journal mode.</summary>
    /// <param name="source">A connection in a read transaction, or with a lock that keeps writers away: else the copy would begin anew with each commit.</param>
    /// <param name="target">A connection outside a transaction. If the copy fails, its file has what it had before.</param>
    /// <param name="longest">The longest that it may take; given up too where the rate says that it would take longer. <see langword="null"/>: as long as it takes.</param>
    /// <param name="report">Told the bytes copied so far and the bytes in all.</param>
    /// <param name="cancellationToken">Stops the copying.</param>
    /// <returns>SQLite's result code; <see cref="raw.SQLITE_INTERRUPT"/> where it would take too long.</returns>
    internal static int Copy(sqlite3 source, sqlite3 target, TimeSpan? longest, Action<long, long>? report, CancellationToken cancellationToken)
    {
        var pageSize = GetPageSize(source);
        var started = Stopwatch.GetTimestamp();
        using var backup = raw.sqlite3_backup_init(target, "main", source, "main");
        if (backup is null || backup.IsInvalid) return raw.sqlite3_errcode(target);
        while (true)
        {
            var result = raw.sqlite3_backup_step(backup, PagesAtOnce);
            if (result == raw.SQLITE_DONE) return raw.sqlite3_backup_finish(backup);
            if (result != raw.SQLITE_OK)
            {
                _ = raw.sqlite3_backup_finish(backup);
                return result;
            }

            if (cancellationToken.IsCancellationRequested) _ = raw.sqlite3_backup_finish(backup);
            cancellationToken.ThrowIfCancellationRequested();
            long pages = raw.sqlite3_backup_pagecount(backup);
            var done = pages - raw.sqlite3_backup_remaining(backup);
            report?.Invoke(done * pageSize, pages * pageSize);
            if (longest is { } limit && Stopwatch.GetElapsedTime(started) is var taken && taken > limit * ShareToJudgeBy && taken * ((double)pages / done) > limit)
            {
                _ = raw.sqlite3_backup_finish(backup);
                return raw.SQLITE_INTERRUPT;
            }
        }
    }

    private static long GetPageSize(sqlite3 handle)
    {
        using var statement = new SqliteStatement(handle, "PRAGMA page_size", new SwarmDatabase(DatabaseEngine.Sqlite) { Path = "" });
        statement.Step();
        return statement.GetInteger(0);
    }
}
