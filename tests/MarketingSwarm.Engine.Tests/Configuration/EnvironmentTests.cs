namespace MarketingSwarm.Engine.Tests.Configuration;

/// <summary>What the environment implies where no database is named.</summary>
public sealed class EnvironmentTests : IDisposable
{
    private const string Instance = "my-project:us-central1:marketing-swarm-db";

    private readonly Naming _naming = new();

    public void Dispose() => _naming.Dispose();

    [Fact]
    public void ImpliesTheDefaultFile()
    {
        var database = _naming.Resolve(null);

        Assert.Equal((DatabaseEngine.Sqlite, _naming.Folder.File("test_marketing_swarm.db"), true), (database.Engine, database.Path, database.IsImplied));
        Assert.Equal("default", Naming.OriginOf(database, "Path"));
    }

    [Fact]
    public void ImpliesCloudRunsInstance()
    {
        _naming.Variables["K_SERVICE"] = "marketing-swarm-backend";
        _naming.Variables["INSTANCE_CONNECTION_NAME"] = Instance;
        _naming.Variables["DB_PASS"] = "s3cret";
        _naming.Variables["DATABASE_URL"] = "postgresql://ignored/db";

        var database = _naming.Resolve(null);

        Assert.Equal(($"/cloudsql/{Instance}", 5432, "marketing_swarm", "app_user", "s3cret"),
            (database.Host, database.Port, database.Database, database.User, database.Password));
        Assert.Equal($"postgresql://app_user:***@/marketing_swarm?host=/cloudsql/{Instance}&port=5432", database.Url);
        Assert.Equal(
            ["environment variable INSTANCE_CONNECTION_NAME", "environment variable INSTANCE_CONNECTION_NAME", "default", "default", "default",
                "environment variable DB_PASS", "default on this machine"],
            database.Origins.Select(part => part.Origin));
        Assert.True(database.IsImplied);
        Assert.Empty(database.Warnings);
    }

    [Fact]
    public void TakesCloudRunsOtherVariables()
    {
        _naming.Variables["K_SERVICE"] = "s";
        _naming.Variables["INSTANCE_CONNECTION_NAME"] = "example.com:my-project:europe-west1:db";
        _naming.Variables["DB_USER"] = "u";
        _naming.Variables["DB_NAME"] = "d";

        var database = _naming.Resolve(null);

        Assert.Equal(("u", "d", false), (database.User, database.Database, database.HasPassword));
        Assert.Equal("environment variable DB_USER", Naming.OriginOf(database, "User"));
    }

    [Theory]
    [InlineData(null, "EnvironmentVariableMissing", "INSTANCE_CONNECTION_NAME is not set")]
    [InlineData("", "EnvironmentVariableMissing", "INSTANCE_CONNECTION_NAME is not set")]
    [InlineData("project:region", "InstanceNameInvalid", "PROJECT:REGION:INSTANCE")]
    [InlineData("../p:r:i", "InstanceNameInvalid", "PROJECT:REGION:INSTANCE")]
    [InlineData("p:r:i\n", "InstanceNameInvalid", "PROJECT:REGION:INSTANCE")]
    public void CloudRunNeedsItsInstance(string? instance, string errorId, string says)
    {
        _naming.Variables["K_SERVICE"] = "s";
        if (instance is not null) _naming.Variables["INSTANCE_CONNECTION_NAME"] = instance;

        var error = _naming.Refuse(null);

        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public void SaysThatAPasswordEndsWithALineBreakAndKeepsIt()
    {
        _naming.Variables["K_SERVICE"] = "s";
        _naming.Variables["INSTANCE_CONNECTION_NAME"] = Instance;
        _naming.Variables["DB_PASS"] = "s3cret\n";

        var database = _naming.Resolve(null);

        Assert.Equal("s3cret\n", database.Password);
        var warning = Assert.Single(database.Warnings);
        Assert.Contains("line break", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void ImpliesTheUrlOfTheEnvironmentBeforeThatOfDotEnv()
    {
        _naming.Variables["DATABASE_URL"] = "postgresql+asyncpg://u:p@localhost/db";
        _naming.Write(".env", "DATABASE_URL=sqlite:///other.db\n");

        var database = _naming.Resolve(null);

        Assert.Equal(("localhost", true), (database.Host, database.IsImplied));
        Assert.Equal("environment variable DATABASE_URL", Naming.OriginOf(database, "Host"));
        _naming.Variables["DATABASE_URL"] = "";
        Assert.Equal(_naming.Folder.File("other.db"), _naming.Resolve(null).Path);
    }

    [Theory]
    [InlineData("app.db", "UrlMalformed")]
    [InlineData("mysql://u:s3cret@h/db", "UrlSchemeUnknown")]
    public void AWrongUrlOfTheEnvironmentIsNamedByItsVariable(string url, string errorId)
    {
        _naming.Variables["DATABASE_URL"] = url;

        var error = _naming.Refuse(null);

        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains("environment variable DATABASE_URL", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", Naming.TextOf(error), StringComparison.Ordinal);
    }

    [Fact]
    public void ImpliesTheUrlOfDotEnv()
    {
        var path = _naming.Write(".env", "# Local development uses SQLite\nDATABASE_URL=sqlite:///./test_marketing_swarm.db\nENVIRONMENT=development\n");

        var database = _naming.Resolve(null);

        Assert.Equal(_naming.Folder.File("test_marketing_swarm.db"), database.Path);
        Assert.Equal($"{path}, DATABASE_URL", Naming.OriginOf(database, "Path"));
        Assert.True(database.IsImplied);
    }

    [Fact]
    public void DotEnvWithoutAUrlChangesNothing()
    {
        _naming.Write(".env", $"ENVIRONMENT=development\nINSTANCE_CONNECTION_NAME={Instance}\n");

        Assert.Equal(_naming.Folder.File("test_marketing_swarm.db"), _naming.Resolve(null).Path);
    }

    [Fact]
    public void ANameGoesBeforeTheEnvironment()
    {
        _naming.Variables["DATABASE_URL"] = "postgresql://u:p@localhost/db";

        var database = _naming.Resolve("app.db");

        Assert.Equal((_naming.Folder.File("app.db"), false), (database.Path, database.IsImplied));
    }

    [Fact]
    public void ReadsAFileThatIsNamedInPlaceOfDotEnv()
    {
        _naming.Write(".env", "DATABASE_URL=sqlite:///local.db\n");
        var path = _naming.Write(".env.production", $$"""
            # Cloud Run uses Cloud SQL
            DB_USER=app_user
            DB_PASS=${SECRET_DB_PASS}
            DB_NAME=marketing_swarm
            INSTANCE_CONNECTION_NAME={{Instance}}
            ENVIRONMENT=production
            """);
        _naming.Variables["SECRET_DB_PASS"] = "s3cret";
        _naming.Variables["DATABASE_URL"] = "sqlite:///ignored.db";

        var database = _naming.Resolve(null, environmentFile: ".env.production");

        Assert.Equal(($"/cloudsql/{Instance}", "app_user", "s3cret"), (database.Host, database.User, database.Password));
        Assert.Equal($"{path}, DB_PASS", Naming.OriginOf(database, "Password"));
        Assert.Empty(database.Warnings);
    }

    [Fact]
    public void SaysWhichReferenceIsUnset()
    {
        var path = _naming.Write(".env.production", $"DB_PASS=${{SECRET_DB_PASS}}\nINSTANCE_CONNECTION_NAME={Instance}\n");

        var database = _naming.Resolve(null, environmentFile: ".env.production");

        Assert.False(database.HasPassword);
        Assert.Equal($"{path}: DB_PASS refers to SECRET_DB_PASS, which is not set.", Assert.Single(database.Warnings));
    }

    [Theory]
    [InlineData("A=b\n", "EnvironmentFileNamesNoDatabase", "neither DATABASE_URL nor INSTANCE_CONNECTION_NAME")]
    [InlineData("K_SERVICE=s\n", "EnvironmentVariableMissing", "sets no INSTANCE_CONNECTION_NAME")]
    [InlineData("A=b\nDATABASE_URL=\"sqlite:///x.db\nC=d\n", "EnvironmentFileInvalid", ", line 2: the quote that begins the value of DATABASE_URL")]
    [InlineData("A='x'\nexport B='y\n", "EnvironmentFileInvalid", ", line 2: the quote that begins the value of B")]
    [InlineData("A=b\nDATABASE_URL=\uFFFF\n", "EnvironmentFileInvalid", ", line 2: it is not UTF-8")]
    public void AFileThatIsNamedMustBeRight(string text, string errorId, string says)
    {
        var path = _naming.Folder.File("settings");
        // The noncharacter stands for a byte that UTF-8 does not have.
        File.WriteAllBytes(path, [.. text.SelectMany(c => c == '\uFFFF' ? [0xFF] : new[] { (byte)c })]);

        var error = _naming.Refuse(null, "settings");

        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public void AFileThatIsNamedMustBeThere()
        => Assert.Equal("EnvironmentFileNotFound", _naming.Refuse(null, "missing").ErrorId);

    [Theory]
    [InlineData("PGPASSWORD")]
    [InlineData("DB_PASS")]
    public void ThePasswordOfTheEnvironmentIsForItsOwnHost(string variable)
    {
        _naming.Variables[variable] = "s3cret";
        _naming.Variables["DATABASE_URL"] = "postgresql://u@db.example.com/db";

        Assert.Equal("s3cret", _naming.Resolve(null).Password);
        Assert.Equal($"environment variable {variable}", Naming.OriginOf(_naming.Resolve(null), "Password"));
        Assert.False(_naming.Resolve("postgresql://u@db.example.com/db").HasPassword);
        Assert.False(_naming.Resolve(null, user: "other", password: "").HasPassword);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("db.example.com", false)]
    public void DotEnvDoesNotHaveThePasswordSentToAnotherMachine(string host, bool isSent)
    {
        _naming.Variables["PGPASSWORD"] = "s3cret";
        _naming.Write(".env", $"DATABASE_URL=postgresql://u@{host}/db\n");

        var database = _naming.Resolve(null);

        Assert.Equal(isSent, database.HasPassword);
        if (isSent) Assert.Empty(database.Warnings);
        else Assert.Contains("PGPASSWORD is not sent to 'db.example.com'", Assert.Single(database.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void DotEnvsOwnPasswordIsForItsHost()
    {
        _naming.Write(".env", "DATABASE_URL=postgresql://u@db.example.com/db\nDB_PASS=s3cret\n");

        Assert.Equal("s3cret", _naming.Resolve(null).Password);
    }

    [Fact]
    public void ThePasswordOfTheUrlGoesFirstThenThePasswordFileThenTheVariables()
    {
        _naming.Variables["DB_PASS"] = "variable";
        _naming.Variables["PGPASSWORD"] = "last";
        _naming.Variables["DATABASE_URL"] = "postgresql://u:url@h/db";
        _naming.WritePgPass("h:5432:db:u:file\n");

        Assert.Equal("given", _naming.Resolve(null, user: "u", password: "given").Password);
        Assert.Equal("url", _naming.Resolve(null).Password);
        _naming.Variables["DATABASE_URL"] = "postgresql://u@h/db";
        Assert.Equal("file", _naming.Resolve(null).Password);
        _naming.WritePgPass("");
        Assert.Equal("variable", _naming.Resolve(null).Password);
        _naming.Variables.Remove("DB_PASS");
        Assert.Equal("last", _naming.Resolve(null).Password);
    }

    [Theory]
    [InlineData("PGHOST", "elsewhere")]
    [InlineData("PGUSER", "other")]
    [InlineData("PGDATABASE", "other")]
    [InlineData("PGPORT", "1")]
    [InlineData("PGSSLMODE", "disable")]
    public void LibpqsOtherVariablesAreNotUsed(string variable, string value)
    {
        var before = _naming.Resolve("postgresql://db.example.com");
        _naming.Variables[variable] = value;

        Assert.Equal(before.Origins.Select(part => part.ToString()), _naming.Resolve("postgresql://db.example.com").Origins.Select(part => part.ToString()));
    }
}
