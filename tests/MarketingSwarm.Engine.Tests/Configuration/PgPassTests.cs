namespace MarketingSwarm.Engine.Tests.Configuration;

public sealed class PgPassTests : IDisposable
{
    private readonly Naming _naming = new();

    public void Dispose() => _naming.Dispose();

    [Theory]
    [InlineData("h:5432:db:u:found", "found")]
    [InlineData("*:*:*:*:found", "found")]
    [InlineData("h:5432:db:u:a\\:b\\\\c", "a:b\\c")]
    [InlineData("h:5432:db:u:a:b", "a")]
    [InlineData("h:5432:db:u:tail\\", "tail\\")]
    [InlineData("h:5432:db:u:with space ", "with space ")]
    [InlineData("#h:5432:db:u:comment\nh:5432:db:u:found", "found")]
    [InlineData("other:5432:db:u:x\nh:*:db:u:first\nh:5432:db:u:second", "first")]
    [InlineData("h:5432:db:u:found\r\n", "found")]
    [InlineData("h:5433:db:u:x", null)]
    [InlineData("h:5432:db2:u:x", null)]
    [InlineData("h:5432:db:u2:x", null)]
    [InlineData("h\\*:5432:db:u:x", null)]
    [InlineData("\\*:5432:db:u:x", null)]
    [InlineData("h:5432:db:u", null)]
    [InlineData("h:5432:db:u:", null)]
    [InlineData("h:5432:db", null)]
    [InlineData("", null)]
    public void FindsThePassword(string text, string? password)
    {
        _naming.WritePgPass(text);

        var database = _naming.Resolve("postgresql://u@h/db");

        Assert.Equal(password, database.Password);
        Assert.Equal(password is null ? "none given" : "~/.pgpass", Naming.OriginOf(database, "Password"));
        Assert.Empty(database.Warnings);
    }

    [Theory]
    [InlineData("postgresql:///db?host=/cloudsql/p:r:i&user=u", "/cloudsql/p\\:r\\:i:5432:db:u:found")]
    [InlineData("postgresql:///db?host=/var/run/postgresql&user=u", "localhost:5432:db:u:found")]
    [InlineData("postgresql:///db?host=/tmp&user=u", "localhost:5432:db:u:found")]
    [InlineData("postgresql://u@[::1]/db", "\\:\\:1:5432:db:u:found")]
    public void FindsThePasswordOfASocketAndOfAnAddress(string name, string line)
    {
        _naming.WritePgPass(line);

        Assert.Equal("found", _naming.Resolve(name).Password);
    }

    [Fact]
    public void TakesTheFileThatTheUrlOrTheVariableNames()
    {
        _naming.WritePgPass("*:*:*:*:home");
        foreach (var name in new[] { "variable", "url" })
        {
            var path = _naming.Write(name, $"*:*:*:*:{name}");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead);
        }

        Assert.Equal("home", _naming.Resolve("postgresql://u@h/db").Password);
        _naming.Variables["PGPASSFILE"] = "variable";
        Assert.Equal("variable", _naming.Resolve("postgresql://u@h/db").Password);
        Assert.Equal("url", _naming.Resolve("postgresql://u@h/db?passfile=url").Password);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void AFileThatOthersCanReadIsNotUsed(UnixFileMode others)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such rights.");
            return;
        }

        _naming.WritePgPass("*:*:*:*:s3cret");
        File.SetUnixFileMode(_naming.Folder.File(".pgpass"), UnixFileMode.UserRead | others);

        var database = _naming.Resolve("postgresql://u@h/db");

        Assert.False(database.HasPassword);
        Assert.Contains("0600", Assert.Single(database.Warnings), StringComparison.Ordinal);
        Assert.Empty(_naming.Resolve("postgresql://u:p@h/db").Warnings);
    }
}
