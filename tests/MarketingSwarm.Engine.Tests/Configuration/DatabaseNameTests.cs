using MarketingSwarm.Engine.Configuration;

namespace MarketingSwarm.Engine.Tests.Configuration;

/// <summary>Names that a user gives.</summary>
public sealed class DatabaseNameTests : IDisposable
{
    private readonly Naming _naming = new();

    public void Dispose() => _naming.Dispose();

    [Theory]
    [InlineData("app.db", "app.db")]
    [InlineData("sub/app.sqlite3", "sub/app.sqlite3")]
    [InlineData("sqlite:///app.db", "app.db")]
    [InlineData("sqlite+aiosqlite:///./app.db", "app.db")]
    [InlineData("sqlite+pysqlite:///app.db?check_same_thread=False&timeout=5", "app.db")]
    [InlineData("sqlite:///archive.json", "archive.json")]
    [InlineData("sqlite:///~/app.db", "~/app.db")]
    [InlineData("sqlite:///a%20b.db", "a%20b.db")]
    [InlineData("sqlite:///file:a%20b.db?uri=true", "a b.db")]
    [InlineData("file:a%20b.db", "a b.db")]
    public void NamesASqliteFile(string name, string path)
    {
        var database = _naming.Resolve(name);

        Assert.Equal(DatabaseEngine.Sqlite, database.Engine);
        Assert.Equal(_naming.Folder.File(path), database.Path);
        Assert.False(database.IsImplied);
    }

    [Theory]
    [InlineData("sqlite:////srv/app.db")]
    [InlineData("sqlite:///file:/srv/app.db?uri=true")]
    [InlineData("sqlite:///file:///srv/app.db?uri=true")]
    [InlineData("file:///srv/app.db")]
    [InlineData("file://localhost/srv/app.db")]
    public void NamesASqliteFileByItsFullPath(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A full path begins with a drive on Windows.");
        Assert.Equal("/srv/app.db", _naming.Resolve(name).Path);
    }

    [Theory]
    [InlineData("a.json")]
    [InlineData("a.ndjson")]
    [InlineData("a.JSONL")]
    [InlineData("a.json.gz")]
    [InlineData("a.ndjson.GZ")]
    public void NamesAnArchive(string name)
    {
        var archive = _naming.Resolve(name);

        Assert.Equal((DatabaseEngine.Archive, _naming.Folder.File(name)), (archive.Engine, archive.Path));
        Assert.Equal(archive.Path, archive.Url);
    }

    [Theory]
    [InlineData("a.gz")]
    [InlineData("a.json.db")]
    [InlineData("json")]
    public void TakesEverythingElseForSqlite(string name) => Assert.Equal(DatabaseEngine.Sqlite, _naming.Resolve(name).Engine);

    [Theory]
    [InlineData("sqlite:///file:app.db?mode=ro&uri=true", true)]
    [InlineData("file:app.db?mode=ro", true)]
    [InlineData("sqlite:///app.db?mode=rw", false)]
    public void KnowsReadOnlyFilesAndNamesThemAgain(string name, bool isReadOnly)
    {
        var database = _naming.Resolve(name);

        Assert.Equal(isReadOnly, database.IsReadOnly);
        var again = _naming.Resolve(database.Url);
        Assert.Equal((database.Path, database.IsReadOnly), (again.Path, again.IsReadOnly));
    }

    [Fact]
    public void FillsInWhatLibpqFillsIn()
    {
        var database = _naming.Resolve("postgresql://db.example.com");

        Assert.Equal(("db.example.com", 5432, "operator", "operator"), (database.Host, database.Port, database.User, database.Database));
        Assert.Equal("default", Naming.OriginOf(database, "Port"));
        Assert.False(database.HasPassword);
    }

    [Theory]
    [InlineData(null, "localhost")]
    [InlineData("/tmp/.s.PGSQL.5432", "/tmp")]
    [InlineData("/var/run/postgresql/.s.PGSQL.5432", "/var/run/postgresql")]
    [InlineData("/var/run/postgresql/.s.PGSQL.5433", "localhost")]
    public void WithoutAHostLooksForTheLocalSocket(string? socket, string host)
    {
        if (socket is not null) _naming.Sockets.Add(socket);

        Assert.Equal(host, _naming.Resolve("postgresql:///db").Host);
    }

    [Theory]
    [InlineData("postgresql+asyncpg://u:p@/db?host=/cloudsql/p:r:i", "/cloudsql/p:r:i", 5432)]
    [InlineData("postgresql://u:p@/db?host=/cloudsql/p:r:i&port=5433", "/cloudsql/p:r:i", 5433)]
    [InlineData("postgresql://u:p@/db?host=/cloudsql/p:r:i/.s.PGSQL.5434", "/cloudsql/p:r:i", 5434)]
    [InlineData("postgresql://u:p@a:1/db?host=b&port=2", "b", 2)]
    [InlineData("postgresql://u:p@/db?host=b:7", "b", 7)]
    [InlineData("postgresql://u:p@/db?host=[::1]", "::1", 5432)]
    [InlineData("postgresql://u:p@/db?host=::1", "::1", 5432)]
    public void TakesTheHostFromTheParametersToo(string name, string host, int port)
    {
        var database = _naming.Resolve(name);

        Assert.Equal((host, port), (database.Host, database.Port));
        var again = _naming.Resolve(database.Url);
        Assert.Equal((host, port, "u", "db"), (again.Host, again.Port, again.User, again.Database));
    }

    [Fact]
    public void TakesEverythingFromTheParameters()
    {
        var key = _naming.Write("key.pem", "");
        var database = _naming.Resolve(
            "postgresql:///?host=h&user=u&password=p%20w&dbname=d&sslmode=verify_ca&sslkey=key.pem&sslpassword=x&connect_timeout=2.5&options=-c%20search_path%3Dapp");

        Assert.Equal(("h", "u", "p w", "d"), (database.Host, database.User, database.Password, database.Database));
        Assert.Equal((TlsMode.VerifyCA, key, "x"), (database.Tls, database.TlsKey, database.TlsKeyPassword));
        Assert.Equal((TimeSpan.FromSeconds(2.5), "-c search_path=app"), (database.ConnectTimeout, database.ServerOptions));
    }

    [Theory]
    [InlineData("localhost", TlsMode.Prefer)]
    [InlineData("LOCALHOST", TlsMode.Prefer)]
    [InlineData("127.0.0.1", TlsMode.Prefer)]
    [InlineData("127.8.9.1", TlsMode.Prefer)]
    [InlineData("[::1]", TlsMode.Prefer)]
    [InlineData("%2Fcloudsql%2Fp:r:i", null)]
    [InlineData("10.0.0.1", TlsMode.VerifyFull)]
    [InlineData("localhost.example.com", TlsMode.VerifyFull)]
    [InlineData("[::2]", TlsMode.VerifyFull)]
    [InlineData("db", TlsMode.VerifyFull)]
    public void ChecksTheCertificateBeyondThisMachine(string host, TlsMode? expected)
    {
        // A colon ends the host, so that a socket's folder with one goes into the parameters.
        var database = _naming.Resolve(expected is null ? "postgresql:///db?host=/cloudsql/p:r:i" : $"postgresql://{host}/db");

        Assert.Equal(expected ?? TlsMode.Prefer, database.Tls);
        Assert.Empty(database.Warnings);
    }

    [Theory]
    [InlineData("sslmode=disable", TlsMode.Disable, "unencrypted")]
    [InlineData("sslmode=allow", TlsMode.Allow, "unencrypted")]
    [InlineData("sslmode=prefer", TlsMode.Prefer, "unencrypted")]
    [InlineData("sslmode=require", TlsMode.Require, "does not check who")]
    [InlineData("ssl=require", TlsMode.Require, "does not check who")]
    [InlineData("ssl=false", TlsMode.Disable, "unencrypted")]
    [InlineData("sslmode=verify-ca", TlsMode.VerifyCA, "does not check that the certificate is for")]
    [InlineData("sslmode=verify-full", TlsMode.VerifyFull, null)]
    [InlineData("ssl=true", TlsMode.VerifyFull, null)]
    [InlineData("ssl=true&sslmode=verify-full", TlsMode.VerifyFull, null)]
    public void HonoursAWeakerModeWithAWarning(string parameters, TlsMode mode, string? warning)
    {
        var database = _naming.Resolve($"postgresql://u:s3cret@db.example.com/db?{parameters}");

        Assert.Equal(mode, database.Tls);
        if (warning is null) Assert.Empty(database.Warnings);
        else Assert.Contains(warning, Assert.Single(database.Warnings), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", string.Concat(database.Warnings), StringComparison.Ordinal);
        Assert.Empty(_naming.Resolve($"postgresql://u@localhost/db?{parameters}").Warnings);
    }

    [Fact]
    public void ChecksACertificateWhereItsAuthorityIsNamed()
    {
        var root = _naming.Write("ca.pem", "");

        var database = _naming.Resolve("postgresql://u@db.example.com/db?sslmode=require&sslrootcert=ca.pem");

        Assert.Equal((TlsMode.VerifyCA, root), (database.Tls, database.TlsRootCertificate));
        Assert.Null(_naming.Resolve("postgresql://u@db.example.com/db?sslrootcert=system").TlsRootCertificate);
    }

    [Fact]
    public void TakesLibpqsRootCertificateUnlessAnotherIsNamed()
    {
        Directory.CreateDirectory(_naming.Folder.File(".postgresql"));
        var root = _naming.Write(".postgresql/root.crt", "");
        var other = _naming.Write("ca.pem", "");

        Assert.Equal(root, _naming.Resolve("postgresql://u@db.example.com/db").TlsRootCertificate);
        Assert.Null(_naming.Resolve("postgresql://u@localhost/db").TlsRootCertificate);
        Assert.Equal(other, _naming.Resolve("postgresql://u@db.example.com/db?sslrootcert=ca.pem").TlsRootCertificate);
    }

    [Fact]
    public void SaysWhichParametersHaveNoEffect()
    {
        var database = _naming.Resolve("postgresql://u@localhost/db?application_name=x&prepared_statement_cache_size=0");

        var warning = Assert.Single(database.Warnings);
        Assert.Contains("'application_name', 'prepared_statement_cache_size' have no effect", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void ShowsThePasswordNowhere()
    {
        var database = _naming.Resolve("postgresql://u:s3cret@db.example.com/db?sslpassword=s3cret2&sslmode=require");

        Assert.Equal("s3cret", database.Password);
        Assert.Equal("postgresql://u:***@db.example.com:5432/db", database.ToString());
        var shown = string.Join(' ', [database.Url, .. database.Warnings, .. database.Origins, new DatabaseReference(database)]);
        Assert.DoesNotContain("s3cret", shown, StringComparison.Ordinal);
        Assert.Equal("***", database.Origins.Single(part => part.Setting == "Password").Value);
    }

    [Fact]
    public void ACredentialGoesBeforeTheUrl()
    {
        var database = _naming.Resolve("postgresql://u:p@h/db", user: "other", password: "given");

        Assert.Equal(("other", "given"), (database.User, database.Password));
        Assert.Equal("-Credential", Naming.OriginOf(database, "User"));
        Assert.Equal("-Credential", Naming.OriginOf(database, "Password"));
    }

    [Fact]
    public void ACredentialGoesBeforeTheObject()
    {
        var named = _naming.Resolve("postgresql://u:p@h:5433/db?options=-c%20a%3Db&connect_timeout=3");

        var database = DatabaseResolver.Resolve(new DatabaseReference(named), _naming.Context with { User = "other", Password = "given" });

        Assert.Equal(("other", "given", "h", 5433, "db"), (database.User, database.Password, database.Host, database.Port, database.Database));
        Assert.Equal((named.Tls, named.ServerOptions, named.ConnectTimeout), (database.Tls, database.ServerOptions, database.ConnectTimeout));
        Assert.Equal(["URL", "URL", "URL", "URL", "-Credential", "-Credential", "default"], database.Origins.Select(part => part.Origin));
        Assert.Equal(("u", "p"), (named.User, named.Password));
        Assert.Same(named, DatabaseResolver.Resolve(new DatabaseReference(named), _naming.Context));
    }

    [Fact]
    public void ThePasswordOfTheUrlIsNotSentForAnotherUser()
        => Assert.False(_naming.Resolve("postgresql://u:p@h/db", user: "other", password: "").HasPassword);

    [Fact]
    public void AFileTakesNoCredential()
        => Assert.Contains("-Credential is not used", Assert.Single(_naming.Resolve("app.db", user: "u", password: "p").Warnings), StringComparison.Ordinal);
}
