using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>Tells what the emulator has, at <c>/emulator</c>, and ends it in good order, at <c>/emulator/stop</c>. Neither is one of Google's.</summary>
internal sealed class EmulatorControl(EmulatorOptions options, IClusterHost clusters, IHostApplicationLifetime lifetime) : IApi
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/emulator", ["GET"], (RequestDelegate)(context => context.Response.WriteJsonAsync(StatusCodes.Status200OK, Describe())));
        routes.MapMethods("/emulator/stop", ["POST"], (RequestDelegate)(async context =>
        {
            await context.Response.WriteJsonAsync(StatusCodes.Status200OK, Describe());
            lifetime.StopApplication();
        }));
    }

    private JsonObject Describe() => new()
    {
        ["processId"] = Environment.ProcessId,
        ["stateFolder"] = options.StateFolder,
        ["instances"] = new JsonArray([.. clusters.List().OrderBy(cluster => cluster.Id.ToString(), StringComparer.Ordinal).Select(cluster => new JsonObject
        {
            ["project"] = cluster.Id.Project,
            ["instance"] = cluster.Id.Instance,
            ["address"] = cluster.Address.IPAddress,
            ["port"] = cluster.Address.Port,
            ["serverVersion"] = cluster.ServerVersion,
            ["running"] = cluster.IsRunning,
            ["remarks"] = new JsonArray([.. cluster.Remarks.Select(remark => JsonValue.Create(remark))]),
        })]),
    };
}
