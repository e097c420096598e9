using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Sqlite;
using static MarketingSwarm.Engine.Tests.Migration.Plans;

namespace MarketingSwarm.Engine.Tests.Migration;

/// <summary>A row that came or changed after an approved plan was checked is not loaded by a rule that nobody approved.</summary>
public sealed class ApprovedPlanTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("'b'", "'now'", "created_at", "TimestampInvalid")]
    [InlineData("x'FF'", "NULL", "id", "KeyNotText")]
    public void ARowThatNeedsWhatThePlanDoesNotHaveIsRefused(string id, string createdAt, string column, string rule)
    {
        var path = Create(_folder, Row("'a'", "NULL", "'2025-06-18 18:50:05.000001'"));
        var measured = Measure(path);
        Sqlite3.Run(path, Row(id, createdAt));

        Judge(path, measured, approved: null);
        var refused = Assert.Throws<SwarmDataException>(() => Judge(path, measured, measured.Plan));

        Assert.Equal("RowNotInPlan", refused.ErrorId);
        Assert.Equal((2, column), (refused.RowId, refused.Column));
        Assert.Contains(rule, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RowsOfKindsApprovedAreLoaded()
    {
        var path = Create(_folder, Row("'a'", "'now'"));
        var measured = Measure(path);
        Sqlite3.Run(path, Row("'b'", "'tomorrow'"));

        Judge(path, measured, measured.Plan);
    }

    private static void Judge(string path, MeasuredPlan measured, MigrationPlan? approved)
    {
        using var source = SqliteSource.Open(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = path }, TestContext.Current.CancellationToken);
        var chunk = new RowChunk();
        new SourceRows(source).Read(chunk, after: null, last: null, TestContext.Current.CancellationToken);
        Assert.Equal(2, chunk.Rows);
        new JudgedChunk(measured.Plan.ToSettings(ConversionSettings.ForNewTable(), measured.ClashingRows), refuse: null, keepsRowKeys: true, approved).Judge(chunk);
    }
}
