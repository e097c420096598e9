using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Globalization;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;

namespace MarketingSwarm.Engine.Samples;

/// <summary>Writes a sample: a SQLite file in the application's real shape.</summary>
internal static class SampleDatabase
{
    // As SQLAlchemy writes it, with the blank it leaves after each comma.
    private const string ApplicationDdl =
        "CREATE TABLE conversations (\n\tid VARCHAR NOT NULL, \n\tuser_id VARCHAR, \n\tuser_query TEXT NOT NULL, \n\tstatus VARCHAR, \n\tcreated_at DATETIME, \n"
        + "\tcompleted_at DATETIME, \n\tagent_responses TEXT, \n\tconversation_metadata TEXT, \n\ttotal_cost FLOAT, \n\terror_message TEXT, \n\tPRIMARY KEY (id)\n)";

    private const string PlanDdl = """
        CREATE TABLE conversations (
            id VARCHAR PRIMARY KEY,
            user_id VARCHAR,
            user_query TEXT NOT NULL,
            status VARCHAR DEFAULT 'active',
            created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
            completed_at DATETIME,
            agent_responses TEXT DEFAULT '[]',  -- JSON array
            conversation_metadata TEXT DEFAULT '{}',  -- JSON object
            total_cost FLOAT DEFAULT 0.0,
            error_message TEXT
        )
        """;

    // What SQLite keeps beside a file. One left of an older file would be taken for the new one's and spoil it.
    private static readonly string[] CompanionSuffixes = ["-journal", "-wal", "-shm"];

    /// <summary>Checks that the sample can be written where it is to be, and returns how many rows it will have.</summary>
    /// <exception cref="SwarmException">The file exists and is not to be replaced, its folder does not, or a hazard needs another shape.</exception>
    internal static long Check(SampleOptions options)
    {
        var hazards = SampleHazards.Expand(options.Hazards, options.Shape);
        if (Directory.Exists(options.Path)) throw Errors.SqliteFileIsFolder(options.Path);
        if (!options.Overwrite)
        {
            var present = CompanionSuffixes.Prepend("").Select(suffix => options.Path + suffix).FirstOrDefault(File.Exists);
            if (present is not null) throw Errors.SampleFileExists(present);
        }

        var folder = Path.GetDirectoryName(options.Path)!;
        if (!Directory.Exists(folder)) throw Errors.SampleFolderNotFound(options.Path, folder);
        return options.Count + hazards.Sum(hazard => (long)SampleHazards.RowsOf(hazard).Length);
    }

    /// <summary>Writes the sample beside its place and moves it there when it is complete; an error or a cancellation leaves what was there before.</summary>
    /// <param name="options">What to write.</param>
    /// <param name="report">Told after each row how many rows and bytes of cells are written; called on the caller's thread.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="SwarmException">As <see cref="Check"/>, or the file cannot be written.</exception>
    internal static SampleSummary Write(SampleOptions options, Action<long, long>? report, CancellationToken cancellationToken)
    {
        Check(options);
        var started = Stopwatch.GetTimestamp();
        var part = string.Create(CultureInfo.InvariantCulture, $"{options.Path}.{Guid.NewGuid():N}.part");
        try
        {
            // Made here, so that a folder that cannot be written is said plainly. To SQLite an empty file is an empty database.
            File.Create(part).Dispose();
            var content = WriteFile(part, options, report, cancellationToken);
            if (options.Overwrite) DeleteCompanions(options.Path);
            File.Move(part, options.Path, options.Overwrite);
            return new SampleSummary
            {
                Path = options.Path,
                Rows = content.Rows,
                HazardRows = new ReadOnlyDictionary<string, long[]>(content.HazardRows),
                Bytes = content.Bytes,
                FileBytes = new FileInfo(options.Path).Length,
                Shape = options.Shape,
                JournalMode = options.JournalMode,
                Seed = options.Seed,
                Duration = Stopwatch.GetElapsedTime(started),
            };
        }
        catch (IOException exception) when (!options.Overwrite && File.Exists(options.Path))
        {
            throw Errors.SampleNotWritten(options.Path, "another program made it meanwhile.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.SampleNotWritten(options.Path, exception.Message, exception);
        }
        finally
        {
            DeletePart(part);
        }
    }

    private static (long Rows, long Bytes, OrderedDictionary<string, long[]> HazardRows) WriteFile(
        string file, SampleOptions options, Action<long, long>? report, CancellationToken cancellationToken)
    {
        using var connection = SqliteConnector.OpenWrite(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = file }, create: true, cancellationToken);
        var target = new SwarmDatabase(DatabaseEngine.Sqlite) { Path = options.Path };
        try
        {
            // The file is nobody's until it is complete, and a sample can be made again: no journal, no waiting for the disk.
            Execute(connection, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536");
            Execute(connection, "BEGIN");
            Execute(connection, options.Shape == SampleShape.Plan ? PlanDdl : ApplicationDdl);

            long rows = 0, bytes = 0;
            var hazardRows = new OrderedDictionary<string, long[]>();
            var conversations = new SampleConversations(options.Seed, options.ResponseCount, options.ResponseSize);
            using (var table = new SampleTable(connection.Handle!, target))
            {
                for (; rows < options.Count; rows++) Insert(conversations.Create(rows), rowId: null);
                foreach (var hazard in SampleHazards.Expand(options.Hazards, options.Shape))
                {
                    var rowIds = new List<long>();
                    foreach (var row in SampleHazards.RowsOf(hazard))
                    {
                        rowIds.Add(Insert(conversations.Create(rows, row.Cells), row.RowId));
                        rows++;
                    }

                    hazardRows.Add(hazard.ToString(), [.. rowIds]);
                }

                long Insert(Conversation row, long? rowId)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var inserted = table.Insert(row, rowId);
                    bytes += row.Size;
                    report?.Invoke(rows + 1, bytes);
                    return inserted;
                }
            }

            Execute(connection, "COMMIT");
            if (options.JournalMode == SqliteJournalMode.Wal) Execute(connection, "PRAGMA journal_mode = WAL");
            return (rows, bytes, hazardRows);
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, target);
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void DeletePart(string part)
    {
        try
        {
            File.Delete(part);
            DeleteCompanions(part);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The folder is gone or closed to us, which is the error that the caller sees already.
        }
    }

    private static void DeleteCompanions(string path)
    {
        foreach (var suffix in CompanionSuffixes) File.Delete(path + suffix);
    }
}
