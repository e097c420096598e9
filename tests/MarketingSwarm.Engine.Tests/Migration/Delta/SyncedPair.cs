using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Tests.Checks;
using MarketingSwarm.Engine.Tests.Proof;
using MarketingSwarm.Engine.Tests.Sqlite;

namespace MarketingSwarm.Engine.Tests.Migration.Delta;

/// <summary>A SQLite file that was migrated to a PostgreSQL database, and a folder for the state.</summary>
internal sealed class SyncedPair : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private SyncedPair(TestDatabase target)
    {
        Target = target;
        Path = _folder.File("app.db");
        StatePath = _folder.File("sync.state");
    }

    internal TestDatabase Target { get; }

    internal string Path { get; }

    internal string StatePath { get; }

    internal TempFolder Folder => _folder;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Makes a file with SQL, and migrates it.</summary>
    internal static async Task<SyncedPair> CreateAsync(PostgresServer server, string sql, string journal = "wal", ConversionPolicy? policy = null)
    {
        var pair = new SyncedPair(await server.CreateDatabaseAsync());
        Sqlite3.Run(pair.Path, $"PRAGMA journal_mode = {journal}; {LoadedRun.SourceTable} {sql}");
        await pair.MigrateAsync(policy);
        return pair;
    }

    internal async Task<MigrationSummary> MigrateAsync(ConversionPolicy? policy = null)
    {
        var options = new MigrationOptions { Source = SqliteFiles.At(Path), Destination = Target.ToSwarm() };
        await using var migrator = await Migrator.OpenAsync(options, new MigrationProgress(), Token);
        var plan = new PlanOptions { Policy = policy ?? ConversionPolicy.Default };
        return await migrator.RunAsync(
            PlanBuilder.Build(migrator.Source, migrator.Target, migrator.FindBegunPlan() is { } begun ? PlanOptions.From(begun) : plan, null, Token), isApproved: false, Token);
    }

    internal void Change(string sql) => Sqlite3.Run(Path, sql);

    internal Task<Synchronizer> OpenAsync(bool force = false, string? path = null, bool isCopy = false) => Synchronizer.OpenAsync(
        new SyncOptions { Source = SqliteFiles.At(path ?? Path), Destination = Target.ToSwarm(), StatePath = StatePath, Force = force, IsCopy = isCopy },
        new MigrationProgress(), Token);

    /// <summary>One cycle of a command of its own.</summary>
    internal async Task<SyncResult> SyncAsync(bool force = false, string? path = null, bool isCopy = false)
    {
        await using var synchronizer = await OpenAsync(force, path, isCopy);
        var result = await synchronizer.RunCycleAsync(GenerationKind.Delta, Token);
        synchronizer.SaveState();
        return result;
    }

    /// <summary>What the comparison, whose reading and hashing are other code, finds: nothing where both sides are the same.</summary>
    internal async Task<List<string>> CompareAsync()
    {
        var (differences, _) = await LoadedRun.CompareAsync(SqliteFiles.At(Path), Target.ToSwarm());
        return [.. differences.Select(LoadedRun.Describe)];
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await Target.DisposeAsync();
    }
}
