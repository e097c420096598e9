using MarketingSwarm.Engine.Deployment;

namespace MarketingSwarm.Engine.Tests.Deployment;

public sealed class RequirementsTextTests
{
    [Theory]
    [InlineData("", "psycopg2-binary==2.9.10\n")]
    [InlineData("fastapi", "fastapi\npsycopg2-binary==2.9.10\n")]
    [InlineData("a\r\n", "a\r\npsycopg2-binary==2.9.10\r\n")]
    [InlineData("Psycopg2_Binary>=2.8  # ours\n", "Psycopg2_Binary>=2.8  # ours\n")]
    [InlineData("psycopg2.binary[x]\n", "psycopg2.binary[x]\n")]
    [InlineData("# psycopg2-binary\n-r more.txt\n", "# psycopg2-binary\n-r more.txt\npsycopg2-binary==2.9.10\n")]
    [InlineData("psycopg2-binary-extra\n", "psycopg2-binary-extra\npsycopg2-binary==2.9.10\n")]
    public void APackageIsAddedUnlessItIsThere(string before, string after)
    {
        var file = new RequirementsText(before);
        file.Require("psycopg2-binary", "2.9.10");
        Assert.Equal(after, file.Text);
    }
}
