using System.Net;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

public sealed class GoogleErrorTests
{
    [Fact]
    public void TheOlderEnvelope()
    {
        var error = GoogleError.Parse(409, """
            {"error":{"code":409,"message":"The Cloud SQL instance already exists.","errors":[{"message":"The Cloud SQL instance already exists.","domain":"global","reason":"instanceAlreadyExists"}]}}
            """);

        Assert.Equal((409, "The Cloud SQL instance already exists.", "instanceAlreadyExists", null), (error.HttpStatus, error.Message, error.Reason, error.Status));
    }

    [Fact]
    public void TheNewerEnvelope()
    {
        var error = GoogleError.Parse(403, """
            {"error":{"code":403,"message":"Permission 'secretmanager.secrets.create' denied on resource.","status":"PERMISSION_DENIED","details":[
              {"@type":"type.googleapis.com/google.rpc.Help"},
              {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"IAM_PERMISSION_DENIED","domain":"iam.googleapis.com","metadata":{"permission":"secretmanager.secrets.create","resource":"projects/p"}}]}}
            """);

        Assert.Equal(("IAM_PERMISSION_DENIED", "PERMISSION_DENIED", "secretmanager.secrets.create"), (error.Reason, error.Status, error.Permission));
    }

    [Theory]
    [InlineData("Permission 'cloudsql.instances.create' denied", "cloudsql.instances.create")]
    [InlineData("Required permission: monitoring.alertPolicies.create", "monitoring.alertPolicies.create")]
    [InlineData("The client is not authorized to make this request.", null)]
    public void ThePermissionIsFoundInTheText(string message, string? permission)
        => Assert.Equal(permission, GoogleError.Parse(403, new JsonObject { ["error"] = new JsonObject { ["message"] = message } }.ToJsonString()).Permission);

    [Fact]
    public void APageOfAProxyGivesItsText()
    {
        var error = GoogleError.Parse(502, "<html><head><style>b{color:red}</style><script>evil()</script></head><body><h1>502&nbsp;Bad   Gateway</h1>\n<hr>nginx</body></html>");

        Assert.Equal("502&nbsp;Bad Gateway nginx", error.Message);
        Assert.Null(error.Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("42")]
    [InlineData("\"text\"")]
    [InlineData("{\"error\":\"invalid_grant\"}")]
    [InlineData("{\"error\":{}}")]
    [InlineData("{\"error\":{\"errors\":{},\"details\":{}}}")]
    [InlineData("{\"error\":{\"errors\":[1],\"details\":[null]}}")]
    [InlineData("{\"error\":{\"message\":{\"a\":1}}}")]
    [InlineData("{\"error\":{\"message\":\"a\",\"message\":\"b\"}}")]
    [InlineData("{\"error\":")]
    [InlineData("<html>")]
    public void WhateverComesIsAnError(string content)
    {
        var error = GoogleError.Parse(500, content);

        Assert.Equal(500, error.HttpStatus);
        Assert.NotNull(error.Message);
    }

    [Fact]
    public void AListOfErrorsGivesTheFirst()
        => Assert.Equal("first", GoogleError.Parse(400, """[{"error":{"code":400,"message":"first"}},{"error":{"message":"second"}}]""").Message);

    [Fact]
    public void ALongTextIsCut() => Assert.True(GoogleError.Parse(500, new string('x', 100_000)).Message.Length < 1000);

    // Status, the newer envelope's status, reason; the error's id, its failure.
    [Theory]
    [InlineData(401, "UNAUTHENTICATED", "authError", "CredentialRejected", SwarmCloudFailure.CredentialRejected)]
    [InlineData(403, "PERMISSION_DENIED", "SERVICE_DISABLED", "ApiNotEnabled", SwarmCloudFailure.ApiDisabled)]
    [InlineData(403, null, "accessNotConfigured", "ApiNotEnabled", SwarmCloudFailure.ApiDisabled)]
    [InlineData(403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED", "PermissionMissing", SwarmCloudFailure.PermissionDenied)]
    [InlineData(403, null, "notAuthorized", "PermissionMissing", SwarmCloudFailure.PermissionDenied)]
    [InlineData(403, null, "rateLimitExceeded", "QuotaExceeded", SwarmCloudFailure.QuotaExceeded)]
    [InlineData(403, null, "errorMaxInstancePerLabel", "QuotaExceeded", SwarmCloudFailure.QuotaExceeded)]
    [InlineData(404, "NOT_FOUND", null, "CloudResourceNotFound", SwarmCloudFailure.NotFound)]
    [InlineData(404, null, "instanceDoesNotExist", "CloudResourceNotFound", SwarmCloudFailure.NotFound)]
    [InlineData(409, null, "instanceAlreadyExists", "CloudResourceExists", SwarmCloudFailure.AlreadyExists)]
    [InlineData(409, "ALREADY_EXISTS", null, "CloudResourceExists", SwarmCloudFailure.AlreadyExists)]
    [InlineData(409, null, "operationInProgress", "OperationInProgress", SwarmCloudFailure.Busy)]
    [InlineData(409, null, "invalidState", "StateNotRight", SwarmCloudFailure.Busy)]
    [InlineData(409, "ABORTED", null, "VersionStale", SwarmCloudFailure.StaleVersion)]
    [InlineData(412, null, "staleData", "VersionStale", SwarmCloudFailure.StaleVersion)]
    [InlineData(400, "INVALID_ARGUMENT", null, "RequestRefused", SwarmCloudFailure.InvalidRequest)]
    [InlineData(400, null, "invalid", "RequestRefused", SwarmCloudFailure.InvalidRequest)]
    [InlineData(413, null, null, "RequestRefused", SwarmCloudFailure.InvalidRequest)]
    [InlineData(302, null, null, "RequestRefused", SwarmCloudFailure.InvalidRequest)]
    [InlineData(501, null, null, "ServiceUnavailable", SwarmCloudFailure.Unavailable)]
    public async Task EachAnswerHasItsError(int status, string? name, string? reason, string id, SwarmCloudFailure expected)
    {
        var error = new JsonObject { ["code"] = status, ["message"] = "Words of Google's." };
        if (name is not null) error["status"] = name;
        if (reason is not null) error["errors"] = new JsonArray(new JsonObject { ["reason"] = reason, ["message"] = "Words of Google's.", ["domain"] = "global" });
        using var transport = new FakeTransport(FakeTransport.Json((HttpStatusCode)status, new JsonObject { ["error"] = error }.ToJsonString()));
        using var client = CloudTest.Client(transport);

        var failure = await CloudTest.FailureAsync(client, CloudTest.Get());

        Assert.Equal((id, expected, status, reason ?? name), (failure.ErrorId, failure.Failure, failure.HttpStatus, failure.Reason));
        Assert.NotNull(failure.Target);
        Assert.False(string.IsNullOrEmpty(failure.RecommendedAction));
        Assert.Contains("instance 'i'", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("..", failure.Message, StringComparison.Ordinal);
        if (expected != SwarmCloudFailure.ApiDisabled) Assert.Contains("Words of Google's.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADisabledApiIsNamedWithTheCommandThatEnablesIt()
    {
        using var transport = new FakeTransport(FakeTransport.Json(HttpStatusCode.Forbidden, """
            {"error":{"code":403,"message":"Cloud SQL Admin API has not been used in project 123 before or it is disabled.","status":"PERMISSION_DENIED","details":[
              {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"service":"sqladmin.googleapis.com","consumer":"projects/123"}}]}}
            """));
        using var client = CloudTest.Client(transport);

        var failure = await CloudTest.FailureAsync(client, CloudTest.Get());

        Assert.Contains("gcloud services enable sqladmin.googleapis.com --project=p", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("sqladmin.googleapis.com", failure.Target);
    }

    [Fact]
    public async Task AMissingPermissionIsNamedAlsoWhereTheAnswerDoesNot()
    {
        using var transport = new FakeTransport(FakeTransport.Json(HttpStatusCode.Forbidden, """{"error":{"code":403,"message":"The client is not authorized to make this request.","errors":[{"reason":"notAuthorized"}]}}"""));
        using var client = CloudTest.Client(transport);

        var failure = await CloudTest.FailureAsync(client, CloudTest.Get());

        Assert.Contains("cloudsql.instances.get", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--role=roles/cloudsql.viewer", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("[]")]
    [InlineData("<html>a portal asks for a login</html>")]
    [InlineData("""{"name":"a","name":"b"}""")]
    public async Task AnAnswerThatIsNoJsonObjectIsAnError(string content)
    {
        using var transport = new FakeTransport(FakeTransport.Ok(content));
        using var client = CloudTest.Client(transport);

        Assert.Equal("AnswerNotUnderstood", (await CloudTest.FailureAsync(client, CloudTest.Get())).ErrorId);
    }
}
