using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Metadata;

/// <summary>
///   The metadata server of a machine at Google, as far as clients ask it for a token and for who they are. As there, whoever can reach it gets the
///   token: here that is every program on this machine.
/// </summary>
internal sealed class MetadataServer(Authentication authentication) : IApi
{
    private const string Region = "us-central1";
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";

    public void Map(IEndpointRouteBuilder routes)
    {
        var number = Projects.NumberOf(Projects.OfThisMachine);
        var email = authentication.Account;

        MapText(routes, "/", _ => "computeMetadata/\n");
        MapText(routes, "/computeMetadata", _ => "v1/\n");
        MapText(routes, "/computeMetadata/v1", _ => "instance/\nproject/\nuniverse/\n");
        MapText(routes, "/computeMetadata/v1/project", _ => "numeric-project-id\nproject-id\n");
        MapText(routes, "/computeMetadata/v1/project/project-id", _ => Projects.OfThisMachine);
        MapText(routes, "/computeMetadata/v1/project/numeric-project-id", _ => number);
        MapText(routes, "/computeMetadata/v1/universe/universe-domain", _ => "googleapis.com");
        MapText(routes, "/computeMetadata/v1/instance", _ => "region\nservice-accounts/\nzone\n");
        MapText(routes, "/computeMetadata/v1/instance/region", _ => $"projects/{number}/regions/{Region}");
        MapText(routes, "/computeMetadata/v1/instance/zone", _ => $"projects/{number}/zones/{Region}-a");
        MapText(routes, "/computeMetadata/v1/instance/service-accounts", _ => $"default/\n{email}/\n");
        // What is not there is not there for those who mean this server, too.
        routes.Map("/computeMetadata/{**path}", (RequestDelegate)(_ => throw ApiException.NotFound("There is no such metadata."))).WithMetadata(Access.MetadataServer);
        foreach (var account in (string[])["default", email])
        {
            var path = "/computeMetadata/v1/instance/service-accounts/" + account;
            MapText(routes, path, request => IsRecursive(request) ? Account(email).ToJsonString() : "aliases\nemail\nscopes\ntoken\n", IsRecursive);
            MapText(routes, path + "/aliases", _ => "default\n");
            MapText(routes, path + "/email", _ => email);
            MapText(routes, path + "/scopes", _ => Scope + "\n");
            MapText(routes, path + "/token", _ => Token().ToJsonString(), _ => true);
        }
    }

    private static bool IsRecursive(HttpRequest request) => request.Query["recursive"].ToString() == "true";

    private static JsonObject Account(string email) => new()
    {
        ["aliases"] = new JsonArray("default"),
        ["email"] = email,
        ["scopes"] = new JsonArray(Scope),
    };

    private static void MapText(IEndpointRouteBuilder routes, string path, Func<HttpRequest, string> text, Func<HttpRequest, bool>? isJson = null)
        => routes.MapMethods(path, ["GET"], (RequestDelegate)(context =>
        {
            context.Response.ContentType = isJson?.Invoke(context.Request) == true ? "application/json" : "application/text";
            return context.Response.WriteAsync(text(context.Request));
        })).WithMetadata(Access.MetadataServer);

    private JsonObject Token() => new() { ["access_token"] = authentication.Token, ["expires_in"] = 3599, ["token_type"] = "Bearer" };
}
