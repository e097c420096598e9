using System.Net;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.CloudSql;

/// <summary>Answers of the Cloud SQL Admin API, in Google's own forms.</summary>
internal static class CloudSqlAnswers
{
    internal static Func<HttpRequestMessage, HttpResponseMessage> Stale => Error(412, "staleData", "Condition does not match.");

    internal static Func<HttpRequestMessage, HttpResponseMessage> Busy
        => Error(409, "operationInProgress", "Operation failed because another operation was already in progress.");

    internal static Func<HttpRequestMessage, HttpResponseMessage> Missing => Error(404, "instanceDoesNotExist", "The Cloud SQL instance does not exist.");

    internal static Func<HttpRequestMessage, HttpResponseMessage> Exists => Error(409, "instanceAlreadyExists", "The Cloud SQL instance already exists.");

    internal static Func<HttpRequestMessage, HttpResponseMessage> Unavailable => FakeTransport.Json(HttpStatusCode.ServiceUnavailable, "<html>Error 503</html>");

    internal static Func<HttpRequestMessage, HttpResponseMessage> Error(int status, string reason, string message)
        => FakeTransport.Json((HttpStatusCode)status, $$$"""{"error":{"code":{{{status}}},"message":"{{{message}}}","errors":[{"message":"{{{message}}}","domain":"global","reason":"{{{reason}}}"}]}}""");

    internal static Func<HttpRequestMessage, HttpResponseMessage> Instance(string settings, string state = "RUNNABLE")
        => FakeTransport.Ok($$"""{"name":"i","project":"p","region":"us-central1","databaseVersion":"POSTGRES_15","state":"{{state}}","settings":{{settings}}}""");

    internal static string OperationJson(string type, string status, string? error = null)
        => $$"""{"name":"op-1","operationType":"{{type}}","status":"{{status}}","targetId":"i","targetProject":"p","insertTime":"2026-01-01T00:00:00Z"{{(error is null ? "" : $$""","error":{"errors":[{"code":"INTERNAL_ERROR","message":"{{error}}"}]}""")}}}""";

    internal static Func<HttpRequestMessage, HttpResponseMessage> Operation(string type, string status, string? error = null) => FakeTransport.Ok(OperationJson(type, status, error));

    internal static Func<HttpRequestMessage, HttpResponseMessage> Operations(params string[] operations) => FakeTransport.Ok($$"""{"items":[{{string.Join(',', operations)}}]}""");

    internal static JsonNode Body(this SentRequest request) => JsonNode.Parse(request.Body!)!;

    internal static SentRequest[] Of(this FakeTransport transport, HttpMethod method) => [.. transport.Sent.Where(sent => sent.Method == method)];
}
