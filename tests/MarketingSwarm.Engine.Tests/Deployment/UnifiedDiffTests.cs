using System.Globalization;
using MarketingSwarm.Engine.Deployment;

namespace MarketingSwarm.Engine.Tests.Deployment;

/// <summary>patch(1) makes the new text of the old one by the difference.</summary>
public sealed class UnifiedDiffTests
{
    public static TheoryData<string, string> Texts { get; } = new()
    {
        { "", "a\nb\n" },
        { "a\nb\n", "" },
        { "a\n", "b\n" },
        { Numbers(1, 60), Numbers(1, 10) + "new\n" + Numbers(11, 29) + Numbers(31, 60) },
        { Numbers(1, 20), "first\n" + Numbers(1, 20) + "last\n" },
        { Numbers(1, 12), Numbers(1, 3) + "x\n" + Numbers(5, 8) + "y\nz\n" + Numbers(10, 12) },
        { Numbers(5, 9), Numbers(1, 9) },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void PatchMakesTheNewText(string before, string after)
    {
        Assert.SkipWhen(Programs.Find("patch") is null, "No patch was found.");
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("f"), before);
        var diff = UnifiedDiff.Create("f", before, after);

        var result = Programs.Run(Programs.Find("patch")!, ["--unified", "--fuzz=0", "-p0", folder.File("f")], diff);

        Assert.True(result.ExitCode == 0, result.Output + result.Error + diff);
        Assert.Equal(after, File.Exists(folder.File("f")) ? File.ReadAllText(folder.File("f")) : "");
    }

    [Fact]
    public void TextsThatAreTheSameHaveNone() => Assert.Empty(UnifiedDiff.Create("f", "a\nb\n", "a\nb\n"));

    private static string Numbers(int from, int to)
        => string.Concat(Enumerable.Range(from, to - from + 1).Select(number => number.ToString(CultureInfo.InvariantCulture) + "\n"));
}
