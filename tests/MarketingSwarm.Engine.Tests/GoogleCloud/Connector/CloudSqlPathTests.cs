using MarketingSwarm.Engine.Tests.Checks;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.Connector;

/// <summary>The checks of Test-SwarmDatabase on the way to an instance: each fault fails its own step, and those after it are not checked.</summary>
public sealed class CloudSqlPathTests(PostgresServer postgres)
{
    private static readonly string[] Steps = ["Credentials", "Api", "Permission", "Instance", "Address", "Tcp", "Tls", "Certificate", "Login", "Database"];

    [Fact]
    public async Task EachStepPasses()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await server.PsqlAsync(CheckRunner.TableSql + CheckRunner.IndexSql + CheckRunner.RowSql);
        await using var instance = new FakeInstance(server);

        var checks = await CheckRunner.RunAsync(instance.Resolve(""));

        CheckRunner.AssertAllPassed(checks);
        Assert.Equal([.. Steps, .. CheckRunner.Names[1..]], checks.Select(check => check.Name));
        Assert.Contains("an access token", checks.Get("Credentials").Actual, StringComparison.Ordinal);
        Assert.Equal($"127.0.0.1:{instance.FrontPort} (public)", checks.Get("Address").Actual);
        Assert.DoesNotContain(checks, check => check.ToString().Contains(FakeInstance.Token, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("wrong token", "Api", "is not accepted")]
    [InlineData("API disabled", "Api", "gcloud services enable sqladmin.googleapis.com")]
    [InlineData("no permission", "Permission", "roles/cloudsql.client")]
    [InlineData("no such instance", "Instance", "Check the name")]
    [InlineData("wrong region", "Instance", "europe-west1")]
    [InlineData("stopped", "Instance", "-ActivationPolicy Always")]
    [InlineData("no private address", "Address", "ipType=public")]
    [InlineData("front closed", "Tcp", "firewall")]
    [InlineData("no TLS", "Tls", "proxy")]
    [InlineData("wrong common name", "Certificate", "network")]
    [InlineData("wrong password", "Login", "password")]
    [InlineData("no database", "Database", "CREATE DATABASE")]
    public async Task AFaultFailsItsStepAndSaysWhatToDo(string what, string step, string action)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        var (parameters, login) = ("", (string?)null);
        switch (what)
        {
            case "wrong token": instance.AcceptedToken = "another"; break;
            case "API disabled": instance.Refusal = (403, "SERVICE_DISABLED"); break;
            case "no permission": instance.Refusal = (403, "notAuthorized"); break;
            case "no such instance": instance.Refusal = (404, "instanceDoesNotExist"); break;
            case "wrong region": instance.Settings["region"] = "europe-west1"; break;
            case "stopped": instance.ActivationPolicy = "NEVER"; break;
            case "no private address": parameters = "?ipType=private"; break;
            case "front closed": instance.StopFront(); break;
            case "no TLS": instance.SpeaksTls = false; break;
            case "wrong common name": instance.ServerSubject = "CN=my-project:other"; break;
            case "wrong password": login = $"{server.User}:not-it@"; break;
            case "no database": parameters = "?dbname=no_such_database"; break;
        }

        var checks = await CheckRunner.RunAsync(instance.Resolve(parameters, login: login));

        var failed = checks.GetFailed(step);
        Assert.Contains(action, failed.RecommendedAction + failed.Actual, StringComparison.Ordinal);
        Assert.All(checks.TakeWhile(check => check != failed), check => Assert.True(check.Passed, check.ToString()));
        Assert.All(checks.SkipWhile(check => check != failed).Skip(1), check => Assert.True(check.Passed is null, check.ToString()));
        Assert.Equal(Steps, checks.Take(Steps.Length).Select(check => check.Name));
    }
}
