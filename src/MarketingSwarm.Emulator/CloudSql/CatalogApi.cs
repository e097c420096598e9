using System.Globalization;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The lists of flags and tiers.</summary>
internal sealed class CatalogApi : IApi
{
    private const long Gigabyte = 1_000_000_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        SqlSurface.Map(
            routes, "GET", "/flags", "SqlFlagsService.List", null, "", ["databaseVersion", "flagScope"], null,
            (request, _) => Task.FromResult(SqlViews.List("sql#flagsList", Flags(request))));
        SqlSurface.Map(
            routes, "GET", "/projects/{project}/tiers", "SqlTiersService.List", null, "", [], null,
            (_, _) => Task.FromResult(SqlViews.List("sql#tiersList", Catalog.Tiers.Select(Tier))));
    }

    private static IEnumerable<JsonObject> Flags(ApiRequest request)
        => request.Query("databaseVersion") is { } version && !version.StartsWith("POSTGRES_", StringComparison.Ordinal)
            ? []
            : DatabaseFlag.All.Values.Select(flag => flag.ToJson());

    private static JsonObject Tier((string Name, long Memory) tier) => new()
    {
        ["kind"] = "sql#tier",
        ["tier"] = tier.Name,
        ["RAM"] = tier.Memory.ToString(CultureInfo.InvariantCulture),
        ["DiskQuota"] = (Catalog.LargestDisk(tier.Name) * Gigabyte).ToString(CultureInfo.InvariantCulture),
        ["region"] = new JsonArray([.. Catalog.Regions.Select(region => JsonValue.Create(region))]),
    };
}
