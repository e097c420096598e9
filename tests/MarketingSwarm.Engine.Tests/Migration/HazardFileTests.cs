namespace MarketingSwarm.Engine.Tests.Migration;

public sealed class HazardFileTests
{
    [Theory]
    [InlineData(HazardShape.Application, "UTF-8")]
    [InlineData(HazardShape.Plan, "UTF-8")]
    [InlineData(HazardShape.Untyped, "UTF-8")]
    [InlineData(HazardShape.WithoutRowId, "UTF-8")]
    [InlineData(HazardShape.Plan, "UTF-16le")]
    [InlineData(HazardShape.Untyped, "UTF-16be")]
    public void The_file_has_every_storage_class_in_a_table_that_is_sound(HazardShape shape, string encoding)
    {
        using var folder = new TempFolder();
        var path = folder.File("hazards.db");

        var rows = HazardFile.Create(path, shape, encoding);

        var lines = HazardFile.ReadCells(path);
        Assert.InRange(rows, 100, 200);
        Assert.Equal(rows + 1, lines.Count);
        Assert.Equal(encoding, lines[0]);
        Assert.All((string[])["=integer:", "=real:", "=text:", "=blob:", "=null"], mark => Assert.Contains(lines, line => line.Contains(mark, StringComparison.Ordinal)));
        Assert.Equal("('ok',)", HazardFile.ReadSchema(path)[^1]);
    }
}
