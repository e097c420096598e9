using MarketingSwarm.Engine.Migration;
using static MarketingSwarm.Engine.Tests.Migration.Plans;

namespace MarketingSwarm.Engine.Tests.Migration;

public sealed class PlanFitTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MoreRowsOfKindsApprovedFit()
    {
        var path = Create(_folder, Row("'a'", "'now'") + Row("NULL"));
        var approved = Measure(path).Plan;
        Sqlite3.Run(path, Row("'b'", "'tomorrow'") + Row("NULL") + Row("'c'", "'2025-06-18 18:50:05.000001'"));

        PlanFit.Check(approved, Measure(path, PlanOptions.From(approved)).Plan);
    }

    [Theory]
    [InlineData("'b', completed_at = 'now'", "completed_at", "TimestampInvalid", "TEXT 'now'")]
    [InlineData("'b', created_at = 1750272605", "created_at", "TimestampUnitNotApproved", "INTEGER '1750272605'")]
    [InlineData("x'FF'", "id", "KeyNotText", "BLOB 'x'FF''")]
    [InlineData("'b', total_cost = 'free'", "total_cost", "NotANumber", "TEXT 'free'")]
    public void AKindThatNobodyApprovedDoesNot(string change, string column, string rule, string example)
    {
        var path = Create(_folder, Row("'a'", "'now'") + Row("'z'"));
        var approved = Measure(path).Plan;
        Sqlite3.Run(path, $"UPDATE conversations SET id = {change} WHERE id = 'z'");

        var error = Assert.Throws<SwarmConfigurationException>(() => PlanFit.Check(approved, Measure(path, PlanOptions.From(approved)).Plan));

        Assert.Equal("PlanNoLongerFits", error.ErrorId);
        Assert.All((string[])[column, rule, example, "1 times", "rowid 2"], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.Contains("Measure", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void ATableDeclaredOtherwiseDoesNot()
    {
        var path = Create(_folder, Row("'a'"));
        var approved = Measure(path).Plan;
        Sqlite3.Run(path, "ALTER TABLE conversations RENAME COLUMN status TO state; ALTER TABLE conversations RENAME COLUMN state TO status; DROP TABLE conversations");
        Sqlite3.Run(path, $"CREATE TABLE conversations ({Columns}) ");
        PlanFit.Check(approved, Measure(path).Plan);

        Sqlite3.Run(path, $"DROP TABLE conversations; CREATE TABLE conversations ({Columns.Replace("FLOAT", "REAL", StringComparison.Ordinal)})");
        Assert.Contains("declared otherwise", Assert.Throws<SwarmConfigurationException>(() => PlanFit.Check(approved, Measure(path).Plan)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARowReadLaterIsHeldAgainstThePlan()
    {
        var path = Create(_folder, Row("'a'", "'now'"));
        var approved = Measure(path).Plan;
        var converter = new Engine.Conversion.RowConverter(approved.ToSettings(Engine.Conversion.ConversionSettings.ForNewTable(), new HashSet<long>()));

        Assert.Null(FindUnplanned(ConversationColumn.CreatedAt, "T:later"));
        Assert.Equal("created_at: TimestampOffset, Converted: 1", $"{FindUnplanned(ConversationColumn.CreatedAt, "T:2025-06-18 18:50:05+01:00")}");
        Assert.Equal("id: KeyNull, RowQuarantined: 1", $"{FindUnplanned(ConversationColumn.Id, "NULL")}");

        PlannedRule? FindUnplanned(ConversationColumn column, string cell)
        {
            var row = new ConversationImage(Conversion.Cells.ToImage(column, cell));
            Span<long> times = stackalloc long[2];
            return PlanFit.FindUnplanned(approved, row, rowId: 2, converter.Judge(row, rowId: 2, times));
        }
    }
}
