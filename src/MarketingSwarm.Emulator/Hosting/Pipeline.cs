using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>What every request goes through before its method and after it.</summary>
internal sealed class Pipeline(Authentication authentication, Faults faults, EmulatorLog log)
{
    /// <summary>Writes a line for the request and turns exceptions into answers.</summary>
    public async Task LogAndAnswerErrorsAsync(HttpContext context, RequestDelegate next)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            Authentication.CheckHost(context.Request);
            await next(context);
            // Routing's own answers have no body.
            if (!context.Response.HasStarted && context.Response.StatusCode is 404 or 405) throw ApiException.NotFound("Method not found.");
        }
        catch (ApiException e)
        {
            await AnswerAsync(context, e);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, new ApiException(e.StatusCode, "INVALID_ARGUMENT", "The request cannot be read."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception e)
        {
            log.Write($"The emulator failed in {context.Request.Method} {context.Request.Path}: {e.GetType().Name}: {e.Message} {e.StackTrace}");
            if (context.Response.HasStarted) throw;
            await AnswerAsync(context, new ApiException(500, "INTERNAL", "Internal error encountered."));
        }

        log.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{context.Request.Method} {context.Request.Path.ToUriComponent()} {context.Response.StatusCode} {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms"));
    }

    /// <summary>Lets those in who may come in, and gives the faults their turn.</summary>
    public async Task AuthorizeAsync(HttpContext context, RequestDelegate next)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        var method = metadata?.GetMetadata<ApiMethod>();
        if (metadata?.OfType<Access>().LastOrDefault() == Access.MetadataServer)
        {
            context.Response.Headers["Metadata-Flavor"] = "Google";
            Authentication.CheckMetadataFlavor(context.Request);
        }
        else
        {
            authentication.CheckBearer(context.Request, method);
        }

        if (method is not null) await faults.ApplyBeforeEffectAsync(context, method);
        await next(context);
    }

    private static async Task AnswerAsync(HttpContext context, ApiException error)
    {
        var method = context.Features.Get<IEndpointFeature>()?.Endpoint?.Metadata.GetMetadata<ApiMethod>();
        var legacy = method?.Service.HasLegacyErrors ?? context.Request.Path.StartsWithSegments("/sql", StringComparison.Ordinal);
        context.Response.Clear();
        if (error.Challenge is { } challenge) context.Response.Headers.WWWAuthenticate = challenge;
        await context.Response.WriteJsonAsync(error.Code, error.ToJson(legacy));
    }
}
