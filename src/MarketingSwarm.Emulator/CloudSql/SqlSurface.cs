using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>One of the two versions of the API, which differ in their paths only.</summary>
/// <param name="Prefix">Before <c>/projects/…</c>.</param>
/// <param name="Package">Of the methods' names.</param>
internal sealed record SqlSurface(string Prefix, string Package)
{
    private static readonly IReadOnlyDictionary<string, MessageSchema> Messages = MessageSchema.Load("sqladmin.messages");

    public static IReadOnlyList<SqlSurface> All { get; } = [new("/v1", "google.cloud.sql.v1"), new("/sql/v1beta4", "google.cloud.sql.v1beta4")];

    /// <summary>Adds a method under both surfaces' paths.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="verb">For example <c>GET</c>.</param>
    /// <param name="path">From <c>/projects</c> on.</param>
    /// <param name="name">For example <c>SqlInstancesService.Get</c>.</param>
    /// <param name="permission">The IAM permission; null for none.</param>
    /// <param name="resource">What the permission is for.</param>
    /// <param name="query">The query's parameters.</param>
    /// <param name="body">The body's message; null for none.</param>
    /// <param name="handler">Does the work.</param>
    public static void Map(
        IEndpointRouteBuilder routes, string verb, string path, string name, string? permission, string resource, IReadOnlyList<string> query, string? body,
        Func<ApiRequest, SqlSurface, Task<JsonObject>> handler)
    {
        foreach (var surface in All)
        {
            routes.MapApi(
                verb, surface.Prefix + path,
                new ApiMethod
                {
                    Service = ApiService.CloudSql, Name = $"{surface.Package}.{name}", Permission = permission, Resource = resource, Query = query,
                    Body = body is null ? MessageSchema.Empty : Messages[body],
                },
                request => handler(request, surface));
        }
    }

    /// <summary>A link to what the path, from <c>projects</c> on, names.</summary>
    public string Link(ApiRequest request, string path) => $"{request.BaseAddress}{Prefix}/{path}";
}
