using System.Globalization;
using MarketingSwarm.Engine.Samples;

namespace MarketingSwarm.Engine.Tests.Samples;

public sealed class SampleDeterminismTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheContentOfASeedIsPinned()
        // A sample is a reference that others measure and test with: a change of its content is a change of the module, for the changelog.
        => Assert.Equal("972057d21d3a0ec5b0c5acfe28d3775d9f4aa1fe39057f50c65320612de19127", Write(new() { Path = _folder.File("pinned.db"), Count = 50, Shape = SampleShape.Plan, Hazards = [SampleHazard.All] }));

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("ar-SA")]
    [InlineData("th-TH")]
    [InlineData("de-DE")]
    public void TheCultureDoesNotMatter(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        var invariant = Write(new() { Path = _folder.File("invariant.db"), Count = 60, Hazards = [SampleHazard.All] });
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo(culture);
            Assert.Equal(invariant, Write(new() { Path = _folder.File("culture.db"), Count = 60, Hazards = [SampleHazard.All] }));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void AnotherSeedGivesOtherRows()
    {
        string[] digests = [.. new[] { 1, 2, -1, long.MinValue }.Select(seed => Write(new() { Path = _folder.File($"{seed}.db"), Count = 5, Seed = seed }))];

        Assert.Equal(digests.Length, digests.Distinct().Count());
    }

    [Fact]
    public void TheFirstRowsOfALargerSampleAreThoseOfASmaller()
    {
        var small = Write(new() { Path = _folder.File("small.db"), Count = 20 });
        var large = Write(new() { Path = _folder.File("large.db"), Count = 50, Hazards = [SampleHazard.KeyOrder], Shape = SampleShape.Plan });

        Assert.Equal(small, SampleOracle.Digest(_folder.File("large.db"), limit: 20));
        Assert.NotEqual(small, large);
    }

    private static string Write(SampleOptions options)
    {
        SampleDatabase.Write(options, null, CancellationToken.None);
        return SampleOracle.Digest(options.Path);
    }
}
