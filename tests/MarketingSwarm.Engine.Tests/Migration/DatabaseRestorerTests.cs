using MarketingSwarm.Engine.Restoration;
using MarketingSwarm.Engine.Tests.Checks;

namespace MarketingSwarm.Engine.Tests.Migration;

/// <summary>What a restore makes is compared with the source by Python: the rowid, the storage class and the bytes of every cell.</summary>
public sealed class DatabaseRestorerTests(PostgresServer postgres)
{
    private static readonly TimestampForm[] Units =
        [TimestampForm.EpochSeconds, TimestampForm.EpochMilliseconds, TimestampForm.EpochMicroseconds, TimestampForm.JulianDay];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HazardShape.Application, "UTF-8")]
    [InlineData(HazardShape.Plan, "UTF-8")]
    [InlineData(HazardShape.Untyped, "UTF-8")]
    [InlineData(HazardShape.WithoutRowId, "UTF-8")]
    [InlineData(HazardShape.Plan, "UTF-16le")]
    [InlineData(HazardShape.Untyped, "UTF-16be")]
    public async Task Every_hazard_comes_back_with_its_storage_class_and_bytes(HazardShape shape, string encoding)
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        var rows = HazardFile.Create(source, shape, encoding);
        var target = await LoadedTarget.LoadAsync(database, source);

        var summary = await RestoreAsync(database, folder.File("restored.db"));

        Assert.Equal(HazardFile.ReadCells(source), HazardFile.ReadCells(summary.Path));
        Assert.Equal(HazardFile.ReadSchema(source), HazardFile.ReadSchema(summary.Path));
        Assert.Equal(rows, summary.Rows);
        Assert.Equal((0L, (long)target.Quarantined, 0L, 0L, 0), (summary.NewRows, summary.RowsFromResidue, summary.CellsChangedSince, summary.RowsLeftOut, summary.ExitCode));
        Assert.Equal(target.Cells - 10 * target.Quarantined, summary.CellsFromResidue);
        Assert.Equal(["restored.db", "source.db"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(summary.Path));
    }

    [Theory]
    [InlineData(TimestampForm.NoFraction, TimestampForm.IsoUtcMilliseconds)]
    [InlineData(TimestampForm.EpochSeconds, TimestampForm.EpochMicroseconds)]
    public async Task The_runs_forms_and_policies_make_no_difference(TimestampForm createdAt, TimestampForm completedAt)
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        HazardFile.Create(source, HazardShape.Untyped);
        var policy = new ConversionPolicy
        {
            OnNul = NulAction.Base64,
            OnInvalidText = InvalidTextAction.Windows1252,
            OnNullKey = NullKeyAction.Generate,
            OnOffset = OffsetAction.KeepWallClock,
        };
        await LoadedTarget.LoadAsync(database, source, policy, createdAt, completedAt, Units);

        var summary = await RestoreAsync(database, folder.File("restored.db"));

        Assert.Equal(HazardFile.ReadCells(source), HazardFile.ReadCells(summary.Path));
    }

    private static async Task<RestoreSummary> RestoreAsync(TestDatabase database, string path, Guid? runId = null, bool overwrite = false)
    {
        using var restorer = await DatabaseRestorer.OpenAsync(
            new RestoreOptions { Source = database.ToSwarm(), Path = path, RunId = runId, Overwrite = overwrite }, Token);
        return restorer.Restore(report: null, Token);
    }
}
