using System.Text;
using MarketingSwarm.Engine.Samples;

namespace MarketingSwarm.Engine.Tests.Samples;

public sealed class SampleDatabaseTests : IDisposable
{
    // What SQLAlchemy 1.4.46 makes of the application's model.
    private const string ApplicationDdl =
        "CREATE TABLE conversations (\n\tid VARCHAR NOT NULL, \n\tuser_id VARCHAR, \n\tuser_query TEXT NOT NULL, \n\tstatus VARCHAR, \n\tcreated_at DATETIME, \n\tcompleted_at DATETIME, \n\tagent_responses TEXT, \n\tconversation_metadata TEXT, \n\ttotal_cost FLOAT, \n\terror_message TEXT, \n\tPRIMARY KEY (id)\n)";

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

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(SampleShape.Application, ApplicationDdl)]
    [InlineData(SampleShape.Plan, PlanDdl)]
    public void TheTableIsDeclaredInTheShape(SampleShape shape, string ddl)
    {
        var summary = Write(new() { Path = Path, Count = 1, Shape = shape });

        Assert.Equal([Convert.ToHexString(Encoding.UTF8.GetBytes(ddl))], Sqlite3.Run(Path, "SELECT hex(sql) FROM sqlite_master WHERE sql IS NOT NULL"));
        Assert.Equal(shape, summary.Shape);
    }

    [Theory]
    [InlineData(SqliteJournalMode.Delete, "delete")]
    [InlineData(SqliteJournalMode.Wal, "wal")]
    public void TheJournalModeIsTheFilesAndEveryRowIsInIt(SqliteJournalMode mode, string pragma)
    {
        Write(new() { Path = Path, Count = 30, JournalMode = mode });

        Assert.Equal([Path], Directory.GetFiles(_folder.Path));
        var copy = _folder.File("copy.db");
        File.Copy(Path, copy);
        Assert.Equal(["30"], Sqlite3.Run(copy, "SELECT count(*) FROM conversations"));
        Assert.Equal([pragma], Sqlite3.Run(copy, "PRAGMA journal_mode"));
    }

    [Fact]
    public void AnEmptySampleHasItsTable()
    {
        var summary = Write(new() { Path = Path, Count = 0 });

        Assert.Equal(["0"], Sqlite3.Run(Path, "SELECT count(*) FROM conversations"));
        Assert.Equal((0, 0, 0.0), (summary.Rows, summary.Bytes, summary.MeanRowBytes));
        Assert.Empty(summary.HazardRows);
    }

    [Fact]
    public void TheSummaryTellsWhatWasWritten()
    {
        var reports = new List<(long Rows, long Bytes)>();
        var summary = SampleDatabase.Write(
            new() { Path = Path, Count = 7, Seed = 5, Hazards = [SampleHazard.EmptyText] }, (rows, bytes) => reports.Add((rows, bytes)), CancellationToken.None);

        Assert.Equal(Path, summary.Path);
        Assert.Equal(9, summary.Rows);
        Assert.Equal([8, 9], summary.HazardRows["EmptyText"]);
        Assert.Equal(5, summary.Seed);
        Assert.Equal(new FileInfo(Path).Length, summary.FileBytes);
        Assert.Equal(Enumerable.Range(1, 9).Select(row => (long)row), reports.Select(report => report.Rows));
        Assert.Equal(summary.Bytes, reports[^1].Bytes);
        Assert.True(summary.Duration > TimeSpan.Zero && summary.RowsPerSecond > 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-wal")]
    [InlineData("-journal")]
    public void AFileThatIsThereIsNotReplaced(string suffix)
    {
        File.WriteAllText(Path + suffix, "mine");

        var error = Assert.Throws<SwarmDatabaseException>(() => Write(new() { Path = Path }));

        Assert.Equal(("SampleFileExists", SwarmDatabaseFailure.FileExists), (error.ErrorId, error.Failure));
        Assert.Contains(Path + suffix, error.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder.Path))));
    }

    [Fact]
    public void OverwriteReplacesTheFileAndWhatBelongsToIt()
    {
        Write(new() { Path = Path, Count = 3 });
        foreach (var suffix in new[] { "-wal", "-shm", "-journal" }) File.WriteAllText(Path + suffix, "of another file");

        Write(new() { Path = Path, Count = 4, Overwrite = true });

        Assert.Equal([Path], Directory.GetFiles(_folder.Path));
        Assert.Equal(["4"], Sqlite3.Run(Path, "SELECT count(*) FROM conversations"));
    }

    [Fact]
    public void AFolderMustExist()
    {
        var path = System.IO.Path.Combine(_folder.Path, "none", "app.db");

        var error = Assert.Throws<SwarmDatabaseException>(() => Write(new() { Path = path }));

        Assert.Equal("SampleFolderNotFound", error.ErrorId);
        Assert.Contains(System.IO.Path.GetDirectoryName(path)!, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void AFolderIsNotReplaced()
    {
        var error = Assert.Throws<SwarmDatabaseException>(() => Write(new() { Path = _folder.Path, Overwrite = true }));

        Assert.Equal("SqliteFileIsFolder", error.ErrorId);
    }

    [Fact]
    public void ANullKeyNeedsTheShapeThatHasOne()
    {
        var error = Assert.Throws<SwarmConfigurationException>(() => Write(new() { Path = Path, Hazards = [SampleHazard.NulInText, SampleHazard.NullKey] }));

        Assert.Equal("SampleHazardNeedsPlan", error.ErrorId);
        Assert.Contains("NullKey", error.Message, StringComparison.Ordinal);
        Assert.Contains("-Shape Plan", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ACancelledRunLeavesWhatWasThere(bool overwrite)
    {
        if (overwrite) File.WriteAllText(Path, "mine");
        var before = Directory.GetFiles(_folder.Path);
        using var cancellation = new CancellationTokenSource();

        Assert.ThrowsAny<OperationCanceledException>(() => SampleDatabase.Write(
            new() { Path = Path, Count = int.MaxValue, Overwrite = overwrite },
            (rows, _) =>
            {
                if (rows == 20) cancellation.Cancel();
            },
            cancellation.Token));

        Assert.Equal(before, Directory.GetFiles(_folder.Path));
        if (overwrite) Assert.Equal("mine", File.ReadAllText(Path));
    }

    [Fact]
    public void AFileThatAppearsMeanwhileIsNotReplaced()
    {
        var error = Assert.Throws<SwarmDatabaseException>(() => SampleDatabase.Write(
            new() { Path = Path, Count = 2 }, (_, _) => File.WriteAllText(Path, "theirs"), CancellationToken.None));

        Assert.Equal("SampleNotWritten", error.ErrorId);
        Assert.Equal("theirs", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder.Path))));
    }

    [Fact]
    public void AFolderThatCannotBeWrittenIsSaid()
    {
        // A folder that goes away stands for every reason of the file system's: tests may run as root, whom permissions do not stop.
        var folder = Directory.CreateDirectory(_folder.File("gone"));
        var path = System.IO.Path.Combine(folder.FullName, "app.db");

        var error = Assert.Throws<SwarmDatabaseException>(() => SampleDatabase.Write(
            new() { Path = path, Count = 1 }, (_, _) => folder.Delete(recursive: true), CancellationToken.None));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    private string Path => _folder.File("app.db");

    private static SampleSummary Write(SampleOptions options) => SampleDatabase.Write(options, null, CancellationToken.None);
}
