using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MarketingSwarm.Engine.Configuration;

namespace MarketingSwarm.Engine.Tests.Configuration;

public sealed class DatabaseUrlTests
{
    private const string Secret = "s3cret";

    // Those that SQLAlchemy reads as we do; the witness below reads them again.
    public static TheoryData<string, string?, string?, string?, int?, string> Urls => new()
    {
        { "postgresql://u:p@h:5433/db", "u", "p", "h", 5433, "db" },
        { "postgresql+asyncpg://app_user:x@/marketing_swarm", "app_user", "x", null, null, "marketing_swarm" },
        { "postgresql+psycopg2://u@h/db", "u", null, "h", null, "db" },
        { "postgresql://h/db", null, null, "h", null, "db" },
        { "postgresql://h:5432", null, null, "h", 5432, "" },
        { "postgresql://", null, null, null, null, "" },
        { "postgresql:///db", null, null, null, null, "db" },
        { "postgresql://u:p@[::1]:5433/db", "u", "p", "::1", 5433, "db" },
        { "postgresql://u:p@[2001:db8::7]/db", "u", "p", "2001:db8::7", null, "db" },
        { "postgresql://u:a+b@h/db", "u", "a+b", "h", null, "db" },
        { "postgresql://u:a%2Bb%40c%2Fd@h/db", "u", "a+b@c/d", "h", null, "db" },
        { "postgresql://u:100%@h/db", "u", "100%", "h", null, "db" },
        { "postgresql://u:%zz%4@h/db", "u", "%zz%4", "h", null, "db" },
        { "postgresql://u:p%C3%A9%E2%82%AC@h/db", "u", "pé€", "h", null, "db" },
        { "postgresql://u:p/w?x#y:z@h:1/db", "u", "p/w?x#y:z", "h", 1, "db" },
        { "postgresql://u%40corp:p@h/db", "u@corp", "p", "h", null, "db" },
        { "postgresql://u@corp:p@h/db", "u@corp", "p", "h", null, "db" },
        { "postgresql://u@corp@h/db", "u@corp", null, "h", null, "db" },
        { "postgresql://u:p@h/db?host=/cloudsql/a:b:c&application_name=x@y", "u", "p", "h", null, "db" },
        { "postgresql://h/db?application_name=x@y", null, null, "h", null, "db" },
        { "sqlite:///rel/app.db", null, null, null, null, "rel/app.db" },
        { "sqlite:////abs/app.db", null, null, null, null, "/abs/app.db" },
        { "sqlite+aiosqlite:///./a%20b.db", null, null, null, null, "./a%20b.db" },
        { "sqlite:///C:/data/app.db", null, null, null, null, "C:/data/app.db" },
        { "sqlite:///a@b:c.db", null, null, null, null, "a@b:c.db" },
    };

    // Those that SQLAlchemy does not take, or takes otherwise, and psql takes.
    public static TheoryData<string, string?, string?, string?, int?, string> UrlsOfOurs => new()
    {
        { "postgresql://u:p@ss@h/db", "u", "p@ss", "h", null, "db" },
        { "postgresql://u:p/w@x@h/db", "u", "p/w@x", "h", null, "db" },
        { "postgresql://%2Fvar%2Frun%2Fpostgresql/db", null, null, "/var/run/postgresql", null, "db" },
        { "postgresql://h:/db", null, null, "h", null, "db" },
        { "postgresql://u:@h/db", "u", null, "h", null, "db" },
        { "postgresql://h/my%20db", null, null, "h", null, "my db" },
        { "PostgreSQL://h/db", null, null, "h", null, "db" },
        { "postgres://u:p@h/db", "u", "p", "h", null, "db" },
        { "  postgresql://h/db ", null, null, "h", null, "db" },
    };

    [Theory]
    [MemberData(nameof(Urls))]
    [MemberData(nameof(UrlsOfOurs))]
    public void TakesApart(string text, string? user, string? password, string? host, int? port, string database)
    {
        var url = Parse(text);

        Assert.Equal((user, password, host, port, database), (url.User, url.Password, url.Host, url.Port, url.Database));
    }

    [Fact]
    public void SqlAlchemyReadsTheSame()
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "sqlalchemy"));
        Assert.SkipWhen(python is null, "No Python with SQLAlchemy was found.");
        var texts = Urls.Select(row => row.Data.Item1).ToArray();
        const string script = """
            import json, sys
            from sqlalchemy.engine.url import make_url
            for line in sys.stdin:
                u = make_url(json.loads(line))
                print(json.dumps([u.username, u.password, u.host, u.port, u.database or ""]))
            """;

        var result = Programs.Run(python!, ["-c", script], string.Concat(texts.Select(text => JsonSerializer.Serialize(text) + "\n")));

        Assert.Equal(
            texts.Select(text => (text, Parse(text))).Select(pair => $"{pair.text} {JsonSerializer.Serialize(
                new object?[] { pair.Item2.User, pair.Item2.Password, pair.Item2.Host, pair.Item2.Port, pair.Item2.Database })}"),
            texts.Zip(result.Lines, (text, line) => $"{text} {JsonSerializer.Serialize(JsonDocument.Parse(line).RootElement)}"));
    }

    [Theory]
    [InlineData("mysql://u:s3cret@h/db", "UrlSchemeUnknown", "'mysql'")]
    [InlineData("mssql+pyodbc://u:s3cret@h/db", "UrlSchemeUnknown", "'mssql'")]
    [InlineData("https://u:s3cret@h/db", "UrlSchemeUnknown", "'https'")]
    [InlineData("cloudsql+asyncpg://p:r:i/db?user=u", "UrlSchemeUnknown", "'cloudsql+asyncpg'")]
    [InlineData("cloudsql://db?user=u", "UrlInstanceInvalid", "PROJECT:REGION:INSTANCE")]
    [InlineData("cloudsql://u:s3cret@r:i/db", "UrlInstanceInvalid", "PROJECT:REGION:INSTANCE")]
    [InlineData("cloudsql://u:a/s3cret@p:r:i/db", "UrlAmbiguous", "%2F")]
    [InlineData("cloudsql://u:a:b/s3cret@p:r:i/db", "UrlAmbiguous", "%2F")]
    [InlineData("cloudsql://u:a?s3cret@p:r:i/db", "UrlAmbiguous", "%3F")]
    [InlineData("cloudsql://p:r:i/a/b", "UrlDatabaseHasSlash", "%2F")]
    [InlineData("cloudsql://p:r:i/db?sslmode=require", "UrlParameterUnknown", "'sslmode'")]
    [InlineData("cloudsql://p:r:i/db?ipType=psc", "UrlParameterInvalid", "auto, public or private")]
    [InlineData("cloudsql://p:r:i/db?iam=yes", "UrlParameterInvalid", "true or false")]
    [InlineData("cloudsql://p:r:i/db?iam=true", "IamUserNotNamed", "user=EMAIL")]
    [InlineData("cloudsql://p:r:i/db?connector=proxy", "UrlParameterInvalid", "auto, direct or forwarder")]
    [InlineData("cloudsql://p:r:i/db?passwordSecret=s3cret/x", "PasswordSecretMalformed", "projects/PROJECT/secrets/NAME")]
    [InlineData("postgresql:/u:s3cret@h/db", "UrlMalformed", "SCHEME://")]
    [InlineData("postgresql:u:s3cret@h", "UrlMalformed", "SCHEME://")]
    [InlineData("sqlite:app.db", "UrlMalformed", "SCHEME://")]
    [InlineData("postgresql+://u:s3cret@h/db", "UrlDriverUnknown", "asyncpg")]
    [InlineData("postgresql+foo://u:s3cret@h/db", "UrlDriverUnknown", "'foo'")]
    [InlineData("postgresql+aiosqlite://u:s3cret@h/db", "UrlDriverUnknown", "'aiosqlite'")]
    [InlineData("sqlite+asyncpg:///x.db", "UrlDriverUnknown", "'asyncpg'")]
    [InlineData("postgresql://u:s3cret@h:0/db", "UrlPortInvalid", "the port 0")]
    [InlineData("postgresql://u:s3cret@h:65536/db", "UrlPortInvalid", "the port 65536")]
    [InlineData("postgresql://u:s3cret", "UrlPortInvalid", "1 to 65535")]
    [InlineData("postgresql://u:s3cret/db", "UrlPortInvalid", "1 to 65535")]
    [InlineData("postgresql://u@h:s3cret/db", "UrlPortInvalid", "1 to 65535")]
    [InlineData("postgresql://u@x@h:s3cret", "UrlPortInvalid", "1 to 65535")]
    [InlineData("postgresql://h/db?host=x:y", "UrlPortInvalid", "1 to 65535")]
    [InlineData("postgresql://h/db?port=", "UrlParameterWithoutValue", "'port'")]
    [InlineData("postgresql://h/db?sslmode", "UrlParameterWithoutValue", "'sslmode'")]
    [InlineData("postgresql://h/db?sslmode=none", "UrlParameterInvalid", "verify-full")]
    [InlineData("postgresql://h/db?ssl=maybe", "UrlParameterInvalid", "true, false")]
    [InlineData("postgresql://h/db?ssl=true&sslmode=disable", "UrlTlsContradicts", "sslmode")]
    [InlineData("postgresql://h/db?sslmode=require&sslmode=disable", "UrlParameterRepeated", "'sslmode'")]
    [InlineData("postgresql://h/db?connect_timeout=soon", "UrlParameterInvalid", "seconds")]
    [InlineData("postgresql://h/db?connect_timeout=0", "UrlParameterInvalid", "seconds")]
    [InlineData("postgresql://h/db?connect_timeout=NaN", "UrlParameterInvalid", "seconds")]
    [InlineData("postgresql://h/db?sslMode=require", "UrlParameterUnknown", "sslmode")]
    [InlineData("postgresql://h/db?channel_binding=require", "UrlParameterUnknown", "'channel_binding'")]
    [InlineData("postgresql://h/db?hostaddr=10.0.0.1", "UrlParameterUnknown", "'hostaddr'")]
    [InlineData("postgresql://u@h/db?passwordSecret=projects/p/secrets/s3cret/x", "PasswordSecretMalformed", "'passwordSecret'")]
    [InlineData("postgresql://u@h/db?sslrootcert=missing.pem", "TlsFileNotFound", "missing.pem")]
    [InlineData("postgresql://a,b/db", "UrlSeveralHosts", "several hosts")]
    [InlineData("postgresql://a:1,b:2/db", "UrlSeveralHosts", "several hosts")]
    [InlineData("postgresql://h/db?host=a,b", "UrlSeveralHosts", "several hosts")]
    [InlineData("postgresql:///db?host=a&host=b", "UrlSeveralHosts", "several hosts")]
    [InlineData("postgresql://u:s3cret@::1/db", "UrlHostWithoutBrackets", "brackets")]
    [InlineData("postgresql://u:s3cret@[::1/db", "UrlHostInvalid", "brackets")]
    [InlineData("postgresql://u:s3cret@[name]/db", "UrlHostInvalid", "brackets")]
    [InlineData("postgresql://h:5432/db?application_name=a@b", "UrlAmbiguous", "%40")]
    [InlineData("postgresql://u:a@s3cret/b@h/db", "UrlAmbiguous", "%2F")]
    [InlineData("postgresql://u:a@s3cret?b@h/db", "UrlParametersMalformed", "%3F")]
    [InlineData("postgresql://u:s3cret@h/db/more", "UrlDatabaseHasSlash", "'/'")]
    [InlineData("postgresql://u:s3cret@h/db/", "UrlDatabaseHasSlash", "'/'")]
    [InlineData("postgresql://u:s3cret%FF@h/db", "UrlNotUtf8", "UTF-8")]
    [InlineData("postgresql://u:s3cret%00@h/db", "NameHasControlCharacter", ".Trim()")]
    [InlineData("postgresql://u:s3cret@h%0A/db", "NameHasControlCharacter", ".Trim()")]
    [InlineData("postgresql://u:s3cret@h/db\n", "NameHasControlCharacter", ".Trim()")]
    [InlineData("host=h dbname=db password=s3cret", "ConnectionStringNotAccepted", "URL")]
    [InlineData("Host=h;Username=u;Password=s3cret;Database=db", "ConnectionStringNotAccepted", "URL")]
    [InlineData("sqlite://app.db", "SqliteUrlHasHost", "sqlite:///app.db")]
    [InlineData("sqlite://u:s3cret@h/app.db", "SqliteUrlHasHost", "three slashes")]
    [InlineData("sqlite://", "SqliteInMemory", "memory")]
    [InlineData("sqlite:///", "SqliteInMemory", "memory")]
    [InlineData("sqlite:///:memory:", "SqliteInMemory", "memory")]
    [InlineData(":memory:", "SqliteInMemory", "memory")]
    [InlineData("sqlite:///file::memory:?uri=true", "SqliteInMemory", "memory")]
    [InlineData("sqlite:///file:x?mode=memory&uri=true", "SqliteInMemory", "memory")]
    [InlineData("sqlite:///file:x.db", "SqliteUriNotSaid", "uri=true")]
    [InlineData("sqlite:///file:x.db?uri=true&immutable=1", "SqliteImmutable", "-wal")]
    [InlineData("file:x.db?immutable=1", "SqliteImmutable", "-wal")]
    [InlineData("sqlite:///x.db?immutable=1", "SqliteImmutable", "-wal")]
    [InlineData("sqlite:///file:x.db?uri=true&nolock=1", "SqliteParameterRefused", "'nolock'")]
    [InlineData("sqlite:///x.db?mode=wr", "UrlParameterInvalid", "'wr'")]
    [InlineData("sqlite:///x.db?foo=1", "UrlParameterUnknown", "'foo'")]
    [InlineData("file://server/x.db", "UrlMalformed", "SCHEME://")]
    public void RefusesClearlyAndWithoutThePassword(string text, string errorId, string says)
    {
        using var naming = new Naming();

        var error = naming.Refuse(text);

        Assert.Equal(errorId, error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
        Assert.NotNull(error.Target);
        Assert.Contains(says, error.Message + error.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, Naming.TextOf(error), StringComparison.Ordinal);
    }

    [Fact]
    public void AnyUserAndPasswordSurvivePercentEncoding()
        => Prop.ForAll<NonNull<string>, NonNull<string>>((user, password) =>
        {
            var (name, secret) = (Storable(user.Get, "u"), Storable(password.Get, "p"));
            var url = Parse($"postgresql://{Uri.EscapeDataString(name)}:{Uri.EscapeDataString(secret)}@h/db");
            return (url.User, url.Password, url.Host) == (name, secret, "h");
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void AnyPasswordIsMaskedHoweverItIsWritten()
        => Prop.ForAll<NonNull<string>>(password =>
        {
            // The marks make sure that what is looked for is not in the rest by chance.
            var secret = $"§{password.Get}§";
            return new[]
            {
                $"cloudsql://u:{secret}@p:r:i/db", $"cloudsql://u:{Uri.EscapeDataString(secret)}@p:r:i/db?user=a@b", $"cloudsql://p:r:i/db?user=u&password={Uri.EscapeDataString(secret)}",
                $"postgresql://u:{secret}@h/db", $"postgresql+asyncpg://u:{Uri.EscapeDataString(secret)}@h:5432/db?host=/cloudsql/p:r:i",
                $"postgresql://u:{secret}", $"postgresql:/u:{secret}@h/db", $"postgresql://u@h:{secret}", $"sqlite://u:{secret}@h/db",
                $"postgresql://h/db?sslmode=require&password={Uri.EscapeDataString(secret)}&x=y", $"HOST=h;Password={secret}",
            }.All(name => !DatabaseReference.MaskPassword(name).Contains(Uri.EscapeDataString(secret), StringComparison.Ordinal)
                          && (secret.Contains(';', StringComparison.Ordinal) || !DatabaseReference.MaskPassword(name).Contains(secret, StringComparison.Ordinal)));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("postgresql://u:pw@h:5432/db", "postgresql://u:***@h:5432/db")]
    [InlineData("postgresql://u:p@w@h/db", "postgresql://u:***@h/db")]
    [InlineData("postgresql://u:p/w?x@h/db?sslmode=require", "postgresql://u:***@h/db?sslmode=require")]
    [InlineData("postgresql://u:pw@h/db?application_name=a@b", "postgresql://u:***@b")]
    [InlineData("postgresql://u@h/db", "postgresql://u@h/db")]
    [InlineData("postgresql://h:5432/db", "postgresql://h:5432/db")]
    [InlineData("postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db")]
    [InlineData("postgresql://u:pw@[::1]:5432/db", "postgresql://u:***@[::1]:5432/db")]
    [InlineData("postgresql:///db?host=/cloudsql/p:r:i", "postgresql:///db?host=/cloudsql/p:r:i")]
    [InlineData("postgresql://u:pw@/db?host=/cloudsql/p:r:i", "postgresql://u:***@/db?host=/cloudsql/p:r:i")]
    [InlineData("postgresql://h/db?password=a;b&sslmode=require", "postgresql://h/db?password=***&sslmode=require")]
    [InlineData("postgresql://h/db?SslPassword=x&%70assword=y", "postgresql://h/db?SslPassword=***&%70assword=***")]
    [InlineData("postgresql://user:hunter2", "postgresql://user:***")]
    [InlineData("postgresql://user:hunter2/db", "postgresql://user:***")]
    [InlineData("sqlite:////srv/a@b:c@d.db", "sqlite:////srv/a@b:c@d.db")]
    [InlineData(@"C:\data\a@b.db", @"C:\data\a@b.db")]
    [InlineData("Temp:/a@b.db", "Temp:/a@b.db")]
    [InlineData("host=h password=a b", "host=h password=***")]
    [InlineData("Host=h;Password=a b;Database=d", "Host=h;Password=***;Database=d")]
    public void MasksThePasswordAlone(string name, string masked) => Assert.Equal(masked, new DatabaseReference(name).ToString());

    private static DatabaseUrl Parse(string text) => DatabaseUrl.Parse(new Setting(text, DatabaseUrl.GivenByName));

    // A server takes no NUL, a name no control character, and a lone surrogate is no character at all.
    private static string Storable(string text, string instead)
    {
        var clean = string.Concat(text.EnumerateRunes().Where(rune => rune != Rune.ReplacementChar && !Rune.IsControl(rune)));
        return clean.Length == 0 ? instead : clean;
    }
}
