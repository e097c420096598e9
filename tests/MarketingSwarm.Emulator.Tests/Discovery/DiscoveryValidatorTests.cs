using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.Discovery;

/// <summary>The validator itself: one that finds nothing in a wrong body would make every test that leans on it worthless.</summary>
public sealed class DiscoveryValidatorTests
{
    private const string Sql = "https://sqladmin.googleapis.com/v1/projects/p/";
    private const string Secrets = "https://secretmanager.googleapis.com/v1/projects/p/";
    private const string Monitoring = "https://monitoring.googleapis.com/v3/projects/p/";

    private const string Instance = """
        {"name":"marketing-swarm-db","region":"us-central1","databaseVersion":"POSTGRES_15","rootPassword":"r",
         "settings":{"tier":"db-f1-micro","edition":"ENTERPRISE","availabilityType":"ZONAL","dataDiskType":"PD_SSD","dataDiskSizeGb":"10",
          "storageAutoResize":true,"backupConfiguration":{"enabled":false,"backupRetentionSettings":{"retainedBackups":7}},
          "ipConfiguration":{"ipv4Enabled":true,"privateNetwork":"projects/p/global/networks/default"},
          "databaseFlags":[{"name":"max_connections","value":"50"}],"deletionProtectionEnabled":false,"userLabels":{"a":"b"}}}
        """;

    private const string Policy = """
        {"displayName":"CPU","combiner":"OR","enabled":true,"userLabels":{"swarm":"cpu"},
         "conditions":[{"displayName":"CPU > 80%","conditionThreshold":{
          "filter":"resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\"",
          "comparison":"COMPARISON_GT","thresholdValue":0.8,"duration":"300s","trigger":{"count":1},
          "aggregations":[{"alignmentPeriod":"60s","perSeriesAligner":"ALIGN_MEAN"}]}}]}
        """;

    private readonly DiscoveryValidator _validator = DiscoveryValidator.LoadOrSkip();

    [Theory]
    [InlineData("POST", Sql + "instances", Instance)]
    [InlineData("POST", "http://127.0.0.1:9020/sql/v1beta4/projects/p/instances", Instance)]
    [InlineData("GET", Sql + "instances?maxResults=5&filter=a%20b&alt=json&prettyPrint=false", null)]
    [InlineData("POST", Sql + "instances/i:generateEphemeralCert", """{"public_key":"PEM","validDuration":"3600s"}""")]
    [InlineData("PUT", Sql + "instances/i/users?name=app_user", """{"password":"p"}""")]
    [InlineData("DELETE", Sql + "instances/i?enableFinalBackup=true&finalBackupTtlDays=3", null)]
    [InlineData("POST", Secrets + "secrets?secretId=db-pass", """{"replication":{"automatic":{}}}""")]
    [InlineData("POST", Secrets + "secrets/db-pass:addVersion", """{"payload":{"data":"cGFzcw==","dataCrc32c":"3421780262"}}""")]
    [InlineData("POST", Secrets + "secrets/db-pass:addVersion", """{"payload":{"data":"cGFzcw==","dataCrc32c":3421780262}}""")]
    [InlineData("GET", Secrets + "secrets/db-pass/versions/latest:access", null)]
    [InlineData("GET", Secrets + "secrets/db-pass/versions/latest:access?$alt=json%3Benum-encoding=int", null)]
    [InlineData("GET", Secrets + "secrets/db-pass:getIamPolicy?options.requestedPolicyVersion=3", null)]
    [InlineData("POST", "https://secretmanager.europe-west3.rep.googleapis.com/v1/projects/p/locations/europe-west3/secrets?secretId=a", "{}")]
    [InlineData("POST", Monitoring + "alertPolicies", Policy)]
    [InlineData("PATCH", Monitoring + "alertPolicies/1?updateMask=user_labels,conditions,documentation.content", Policy)]
    [InlineData("GET", "https://servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections?network=projects/1/global/networks/default", null)]
    [InlineData("PATCH", "https://run.googleapis.com/v2/projects/p/locations/r/services/s?updateMask=template.containers", """{"template":{"containers":[{"image":"i"}]}}""")]
    public void ARightRequestHasNoFindings(string method, string uri, string? body)
        => Assert.Empty(_validator.CheckRequest(method, new Uri(uri), body));

    [Theory]
    [InlineData("unknown path", "GET", Sql + "instance", null, "path")]
    [InlineData("unknown verb", "PATCH", Sql + "operations", null, "path")]
    [InlineData("another API's host", "GET", "https://run.googleapis.com/v1/projects/p/secrets", null, "path")]
    [InlineData("unknown custom verb", "POST", Secrets + "secrets/s:rotate", "{}", "path")]
    [InlineData("unknown parameter", "GET", Sql + "instances?pageSize=5", null, "query.pageSize")]
    [InlineData("wrong parameter type", "GET", Sql + "instances?maxResults=many", null, "query.maxResults")]
    [InlineData("parameter twice", "GET", Sql + "instances?maxResults=5&maxResults=6", null, "query.maxResults")]
    [InlineData("standard parameter's value", "GET", Sql + "instances?alt=xml", null, "query.alt")]
    [InlineData("path parameter in the query", "GET", Sql + "instances?project=p", null, "query.project")]
    [InlineData("unknown field of a mask", "PATCH", Monitoring + "alertPolicies/1?updateMask=labels", Policy, "query.updateMask")]
    [InlineData("body where none is taken", "GET", Sql + "instances", "{}", "body")]
    [InlineData("no JSON", "POST", Sql + "instances", "name=a", "body")]
    [InlineData("a field twice", "POST", Sql + "instances", """{"name":"a","name":"b"}""", "body")]
    [InlineData("no object", "POST", Sql + "instances", "[]", "$")]
    [InlineData("data that is not base64", "POST", Secrets + "secrets/s:addVersion", """{"payload":{"data":"päss"}}""", "$.payload.data")]
    [InlineData("checksum that is no number", "POST", Secrets + "secrets/s:addVersion", """{"payload":{"dataCrc32c":"0x1"}}""", "$.payload.dataCrc32c")]
    [InlineData("proto field name", "POST", Secrets + "secrets/s:addVersion", """{"payload":{"data_crc32c":"1"}}""", "$.payload.data_crc32c")]
    [InlineData("output only field", "POST", Secrets + "secrets?secretId=a", """{"name":"projects/p/secrets/a"}""", "$.name")]
    public void AWrongRequestIsFound(string what, string method, string uri, string? body, string path)
    {
        var finding = Assert.Single(_validator.CheckRequest(method, new Uri(uri), body));
        Assert.True(finding.Path == path, $"{what}: {finding}");
    }

    [Theory]
    [InlineData("$.settings.tiers", """{"tiers":"db-f1-micro"}""")]
    [InlineData("$.settings.tier", """{"tier":1}""")]
    [InlineData("$.settings.storageAutoResize", """{"storageAutoResize":"true"}""")]
    [InlineData("$.settings.dataDiskSizeGb", """{"dataDiskSizeGb":"10 GB"}""")]
    [InlineData("$.settings.dataDiskSizeGb", """{"dataDiskSizeGb":10.5}""")]
    [InlineData("$.settings.edition", """{"edition":"PREMIUM"}""")]
    [InlineData("$.settings.userLabels.a", """{"userLabels":{"a":1}}""")]
    [InlineData("$.settings.databaseFlags", """{"databaseFlags":{"max_connections":"50"}}""")]
    [InlineData("$.settings.databaseFlags[1].value", """{"databaseFlags":[{"name":"a","value":"1"},{"name":"max_connections","value":50}]}""")]
    [InlineData("$.settings.backupConfiguration.backupRetentionSettings.retainedBackups", """{"backupConfiguration":{"backupRetentionSettings":{"retainedBackups":"7"}}}""")]
    [InlineData("$.settings.backupConfiguration.transactionLogRetentionDays", """{"backupConfiguration":{"transactionLogRetentionDays":3000000000}}""")]
    [InlineData("$.settings.backupConfiguration", """{"backupConfiguration":null}""")]
    public void AWrongFieldIsFoundWhereItIs(string path, string settings)
    {
        var body = JsonNode.Parse(Instance)!;
        body["settings"] = JsonNode.Parse(settings);

        var finding = Assert.Single(_validator.CheckRequest("POST", new Uri(Sql + "instances"), body.ToJsonString()));

        Assert.Equal(path, finding.Path);
    }

    [Theory]
    [InlineData("$.conditions[0].conditionThreshold.duration", "300s", "\"5m\"")]
    [InlineData("$.conditions[0].conditionThreshold.comparison", "COMPARISON_GT", "\">\"")]
    [InlineData("$.conditions[0].conditionThreshold.thresholdValue", "0.8", "\"0.8\"")]
    [InlineData("$.conditions[0].conditionThreshold.trigger.count", "1", "1.5")]
    public void AWrongConditionIsFoundWhereItIs(string path, string value, string wrong)
    {
        var right = $"\"{path[(path.LastIndexOf('.') + 1)..]}\":{(char.IsAsciiDigit(value[0]) && !value.EndsWith('s') ? value : $"\"{value}\"")}";
        Assert.Contains(right, Policy, StringComparison.Ordinal);
        var body = Policy.Replace(right, right[..(right.IndexOf(':', StringComparison.Ordinal) + 1)] + wrong, StringComparison.Ordinal);

        var finding = Assert.Single(_validator.CheckRequest("POST", new Uri(Monitoring + "alertPolicies"), body));

        Assert.Equal(path, finding.Path);
    }

    [Theory]
    [InlineData("GET", Sql + "instances/i", """{"kind":"sql#instance","name":"i","state":"RUNNABLE","settings":{"settingsVersion":"3"},"ipAddresses":[{"type":"PRIMARY","ipAddress":"127.0.0.2"}]}""")]
    [InlineData("GET", Sql + "operations/o", """{"status":"DONE","operationType":"CREATE","insertTime":"2026-08-01T10:00:00.123Z","error":{"errors":[{"code":"INTERNAL_ERROR","message":"m"}]}}""")]
    [InlineData("GET", Secrets + "secrets/s", """{"name":"projects/1/secrets/s","createTime":"2026-08-01T10:00:00Z","replication":{"automatic":{}}}""")]
    [InlineData("DELETE", Secrets + "secrets/s", "{}")]
    public void ARightResponseHasNoFindings(string method, string uri, string body)
        => Assert.Empty(_validator.CheckResponse(method, new Uri(uri), 200, body));

    [Theory]
    [InlineData("GET", Sql + "instances/i", """{"settings":{"settingsVersion":3}}""", "$.settings.settingsVersion")]
    [InlineData("GET", Sql + "instances/i", """{"state":"RUNNING"}""", "$.state")]
    [InlineData("GET", Sql + "instances/i", """{"ipAddresses":[{"address":"127.0.0.2"}]}""", "$.ipAddresses[0].address")]
    [InlineData("GET", Sql + "operations/o", """{"insertTime":"yesterday"}""", "$.insertTime")]
    [InlineData("DELETE", Secrets + "secrets/s", """{"name":"s"}""", "$.name")]
    [InlineData("DELETE", Secrets + "secrets/s", "", "body")]
    public void AWrongResponseIsFound(string method, string uri, string body, string path)
        => Assert.Equal(path, Assert.Single(_validator.CheckResponse(method, new Uri(uri), 200, body)).Path);

    [Theory]
    [InlineData(412, """{"error":{"code":412,"message":"Condition does not match.","errors":[{"message":"Condition does not match.","domain":"global","reason":"staleData","locationType":"header","location":"If-Match"}]}}""")]
    [InlineData(403, """{"error":{"code":403,"message":"m","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"service":"s"}}]}}""")]
    public void BothEnvelopesOfErrorsAreKnown(int status, string body)
        => Assert.Empty(_validator.CheckResponse("GET", new Uri(Sql + "instances/i"), status, body));

    [Theory]
    [InlineData(404, "<html>", "body")]
    [InlineData(404, """{"message":"m"}""", "$.message")]
    [InlineData(404, """{"error":"m"}""", "$.error")]
    [InlineData(404, """{"error":{"code":400,"message":"m","status":"NOT_FOUND"}}""", "$.error.code")]
    [InlineData(404, """{"error":{"code":404,"message":"m","status":"MISSING"}}""", "$.error.status")]
    [InlineData(409, """{"error":{"code":409,"message":"m","status":"NOT_FOUND"}}""", "$.error.status")]
    [InlineData(404, """{"error":{"code":404,"message":"m"}}""", "$.error")]
    [InlineData(404, """{"error":{"code":404,"status":"NOT_FOUND"}}""", "$.error.message")]
    [InlineData(404, """{"error":{"code":404,"message":"m","errors":[{"message":"m","domain":"global"}]}}""", "$.error.errors[0].reason")]
    [InlineData(404, """{"error":{"code":404,"message":"m","status":"NOT_FOUND","details":[{"reason":"r"}]}}""", "$.error.details[0].@type")]
    [InlineData(302, "", "status")]
    public void AWrongErrorIsFound(int status, string body, string path)
        => Assert.Equal(path, Assert.Single(_validator.CheckResponse("GET", new Uri(Sql + "instances/i"), status, body)).Path);

    [Fact]
    public void OneApiCanBeLoaded()
    {
        Assert.Equal("secretmanager v1", DiscoveryDocument.TryLoad("secretmanager/v1")?.ToString());
        Assert.Equal("sqladmin v1", DiscoveryDocument.TryLoad("sqladmin/v1")?.ToString());
        Assert.Null(DiscoveryDocument.TryLoad("secretmanager/v9"));
    }

    [Fact]
    public void TheMethodIsNamed()
    {
        Assert.Equal("sql.instances.insert", _validator.MethodOf("POST", new Uri(Sql + "instances")));
        Assert.Equal("secretmanager.projects.secrets.getIamPolicy", _validator.MethodOf("GET", new Uri(Secrets + "secrets/s:getIamPolicy")));
        Assert.Null(_validator.MethodOf("GET", new Uri(Sql + "nothing")));
    }
}
