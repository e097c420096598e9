using System.Text.Json;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>Reads and changes the faults while the emulator runs: a JSON list of what <c>--fault</c> takes, at <c>/emulator/faults</c>.</summary>
internal sealed class FaultsControl(Faults faults) : IApi
{
    private const string Pattern = "/emulator/faults";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(Pattern, ["GET"], (RequestDelegate)AnswerAsync);
        routes.MapMethods(Pattern, ["PUT"], (RequestDelegate)(async context =>
        {
            try
            {
                var specifications = await JsonSerializer.DeserializeAsync<List<string>>(context.Request.Body, cancellationToken: context.RequestAborted);
                faults.Current = FaultSet.Parse([.. specifications ?? []]);
            }
            catch (Exception e) when (e is JsonException or FormatException or ArgumentNullException or NullReferenceException)
            {
                throw ApiException.InvalidArgument(e is FormatException ? e.Message : $"The body is not a JSON list of faults. Faults are: {FaultSet.Forms}.");
            }

            await AnswerAsync(context);
        }));
    }

    private Task AnswerAsync(HttpContext context)
        => context.Response.WriteJsonAsync(StatusCodes.Status200OK, new JsonArray([.. faults.Current.Specifications.Select(specification => JsonValue.Create(specification))]));
}
