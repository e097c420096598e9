using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>Adds methods of an API.</summary>
internal static class ApiRoutes
{
    private static readonly JsonSerializerOptions JsonOptions = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Adds a method. What the handler returns is the answer; an <see cref="ApiException"/> is an error's.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="verb">For example <c>GET</c>.</param>
    /// <param name="pattern">The path with its parameters, for example <c>/v1/projects/{project}/secrets/{secret}:addVersion</c>.</param>
    /// <param name="method">What is known of it beforehand.</param>
    /// <param name="handler">Does the work. Once it has begun, it is not stopped because the client is gone.</param>
    public static void MapApi(this IEndpointRouteBuilder routes, string verb, string pattern, ApiMethod method, Func<ApiRequest, Task<JsonObject>> handler)
        => routes.MapMethods(pattern, [verb], (RequestDelegate)(context => AnswerAsync(context, method, handler))).WithMetadata(method);

    /// <inheritdoc cref="MapApi(IEndpointRouteBuilder, string, string, ApiMethod, Func{ApiRequest, Task{JsonObject}})"/>
    public static void MapApi(this IEndpointRouteBuilder routes, string verb, string pattern, ApiMethod method, Func<ApiRequest, JsonObject> handler)
        => routes.MapApi(verb, pattern, method, request => Task.FromResult(handler(request)));

    /// <summary>Writes a JSON answer.</summary>
    public static async Task WriteJsonAsync(this HttpResponse response, int status, JsonNode body)
    {
        response.StatusCode = status;
        response.ContentType = "application/json; charset=UTF-8";
        response.Headers.CacheControl = "private";
        response.Headers.Vary = "Origin, X-Origin, Referer";
        await response.WriteAsync(body.ToJsonString(JsonOptions));
    }

    private static async Task AnswerAsync(HttpContext context, ApiMethod method, Func<ApiRequest, Task<JsonObject>> handler)
    {
        var request = await ApiRequest.ReadAsync(context, method);
        var answer = await handler(request);
        context.RequestServices.GetRequiredService<Faults>().ThrowAfterEffect();
        await context.Response.WriteJsonAsync(StatusCodes.Status200OK, answer);
    }
}
