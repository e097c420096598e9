using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Configuration;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Engine.Tests.Configuration;

public sealed class CloudSqlUrlTests : IDisposable
{
    private const string Secret = "s3cret";

    private readonly Naming _naming = new();

    public void Dispose() => _naming.Dispose();

    [Theory]
    [InlineData("cloudsql://p:us-central1:db/app?user=ann", "p:us-central1:db", "app", "ann", "cloudsql://ann@p:us-central1:db/app")]
    [InlineData("cloudsql://ann@p:us-central1:db/app", "p:us-central1:db", "app", "ann", "cloudsql://ann@p:us-central1:db/app")]
    [InlineData("CloudSQL://example.com:p:us-central1:db", "example.com:p:us-central1:db", "marketing_swarm", "app_user", "cloudsql://app_user@example.com:p:us-central1:db/marketing_swarm")]
    [InlineData("cloudsql://p:r:db/?dbname=app&user=a@b.c", "p:r:db", "app", "a@b.c", "cloudsql://a%40b.c@p:r:db/app")]
    [InlineData("cloudsql://ann:s3cret@p:r:db/app", "p:r:db", "app", "ann", "cloudsql://ann:***@p:r:db/app")]
    [InlineData("cloudsql://p:r:db/app?user=ann&password=s3cret", "p:r:db", "app", "ann", "cloudsql://ann:***@p:r:db/app")]
    [InlineData("cloudsql://p:r:db/app?ipType=private&connector=forwarder", "p:r:db", "app", "app_user", "cloudsql://app_user@p:r:db/app?ipType=private&connector=forwarder")]
    [InlineData("cloudsql://p:r:db/app?iam=true&user=sa@p.iam.gserviceaccount.com", "p:r:db", "app", "sa@p.iam", "cloudsql://sa%40p.iam@p:r:db/app?iam=true")]
    [InlineData("cloudsql://p:r:db/app?passwordSecret=db-pass", "p:r:db", "app", "app_user", "cloudsql://app_user@p:r:db/app?passwordSecret=db-pass")]
    public void NamesAnInstance(string url, string instance, string name, string user, string shown)
    {
        var database = _naming.Resolve(url);

        Assert.Equal((instance, name, user, shown), (database.InstanceConnectionName, database.Database, database.User, database.Url));
        Assert.Equal((null, null, null), (database.Host, database.Port, database.Tls));
        Assert.Empty(database.Warnings);
        // What is shown names the same, the password aside.
        Assert.Equal(shown.Replace(":***", "", StringComparison.Ordinal), _naming.Resolve(shown.Replace(":***", "", StringComparison.Ordinal)).Url);
    }

    [Fact]
    public void ThePasswordIsThatOfTheUrlThenOfTheSecretThenOfThePasswordFileThenOfTheEnvironment()
    {
        _naming.Variables["PGPASSWORD"] = "from PGPASSWORD";
        Assert.Equal("from PGPASSWORD", _naming.Resolve("cloudsql://p:r:db/app").Password);
        _naming.Variables["DB_PASS"] = "from DB_PASS";
        Assert.Equal("environment variable DB_PASS", Naming.OriginOf(_naming.Resolve("cloudsql://p:r:db/app"), "Password"));

        _naming.WritePgPass("p\\:r\\:db:5432:app:app_user:from the file\n");
        Assert.Equal("from the file", _naming.Resolve("cloudsql://p:r:db/app").Password);

        var secret = _naming.Resolve("cloudsql://p:r:db/app?passwordSecret=db-pass");
        Assert.Equal((null, "db-pass", "Secret Manager, db-pass (URL)"), (secret.Password, secret.PasswordSecret, Naming.OriginOf(secret, "Password")));
        Assert.Equal("x", _naming.Resolve("cloudsql://u:x@p:r:db/app?passwordSecret=db-pass").Password);

        var login = _naming.Resolve("cloudsql://p:r:db/app?passwordSecret=db-pass", "eve", "given");
        Assert.Equal(("given", null), (login.Password, login.PasswordSecret));
        Assert.Null(_naming.Resolve("cloudsql://p:r:db/app?user=ann&passwordSecret=db-pass", "eve", "").PasswordSecret);
    }

    [Fact]
    public void AnIamLoginTakesNoPassword()
    {
        _naming.Variables["DB_PASS"] = Secret;
        var database = _naming.Resolve("cloudsql://p:r:db/app?iam=true&user=ann@example.com");

        Assert.True(database.IsIamLogin);
        Assert.False(database.HasPassword);
    }

    [Fact]
    public void ADotEnvDoesNotGetThePasswordOfTheProcess()
    {
        _naming.Write(".env", "DATABASE_URL=cloudsql://evil:r:db/app\n");
        _naming.Variables["DB_PASS"] = Secret;

        var database = _naming.Resolve(null);

        Assert.Equal(("evil:r:db", false, true), (database.InstanceConnectionName, database.HasPassword, database.IsImplied));
        Assert.Contains("DB_PASS is not sent to 'evil:r:db'", Assert.Single(database.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherLoginKeepsTheInstance()
    {
        var database = DatabaseResolver.Resolve(
            new DatabaseReference(_naming.Resolve("cloudsql://ann:x@p:r:db/app?ipType=public")), _naming.Context with { User = "eve", Password = "other" });

        Assert.Equal(("cloudsql://eve:***@p:r:db/app?ipType=public", "other"), (database.Url, database.Password));
        Assert.NotNull(database.Cloud);
    }

    [Fact]
    public void AnInstanceNamesItsDatabase()
    {
        var json = new JsonObject { ["name"] = "db", ["region"] = "r", ["connectionName"] = "p:r:db", ["state"] = "RUNNABLE" };
        var made = new DatabaseReference(CloudSqlObjects.ToInstance("p", json));
        Assert.Equal("cloudsql://p:r:db/marketing_swarm", made.ToString());

        var pending = CloudSqlObjects.ToInstance("p", new JsonObject { ["name"] = "db", ["state"] = "PENDING_CREATE" });
        Assert.Contains("PENDING_CREATE", Assert.Throws<ArgumentException>(() => new DatabaseReference(pending)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cloudsql://p:r:db/app?user=a@b.c&iam=true", "cloudsql://p:r:db/app?user=a@b.c&iam=true")]
    [InlineData("cloudsql://u:s3cret@p:r:db/app", "cloudsql://u:***@p:r:db/app")]
    [InlineData("cloudsql://p:r:db/app?password=s3cret", "cloudsql://p:r:db/app?password=***")]
    [InlineData("cloudsql://u:s3cret/x@p:r:db/app", "cloudsql://u:***@p:***")]
    [InlineData("cloudsql://u:a:s3cret/x@p:r:db/app", "cloudsql://u:***@p:***")]
    [InlineData("cloudsql://u:a:s3cret?x@p:r:db/app", "cloudsql://u:***@p:***")]
    public void IsShownWithoutThePassword(string url, string shown) => Assert.Equal(shown, DatabaseReference.MaskPassword(url));
}
