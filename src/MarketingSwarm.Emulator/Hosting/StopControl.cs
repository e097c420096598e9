using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>Ends the emulator in good order, its servers with it, at <c>/emulator/stop</c>: on every system, and whoever started it.</summary>
internal sealed class StopControl(IHostApplicationLifetime lifetime) : IApi
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/emulator/stop", ["POST"], (RequestDelegate)(async context =>
    {
        await context.Response.WriteJsonAsync(StatusCodes.Status200OK, new JsonObject());
        lifetime.StopApplication();
    }));
}
