using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Rehearsal;

/// <summary>Asks and tells a running emulator what is its own and not Google's.</summary>
internal static class EmulatorControl
{
    // It stops its servers, each after a checkpoint.
    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(2);

    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>The emulator with its instances as they are now; without them where it does not answer.</summary>
    internal static async Task<SwarmEmulator> DescribeAsync(EmulatorRecord record, CancellationToken cancellationToken)
    {
        IReadOnlyList<SwarmEmulatorInstance> instances = [];
        try
        {
            using var answer = await SendAsync(record, HttpMethod.Get, "emulator/instances", null, cancellationToken).ConfigureAwait(false);
            var list = await answer.Content.ReadFromJsonAsync<JsonArray>(cancellationToken).ConfigureAwait(false);
            // An array: PowerShell cannot index the list that a collection expression makes.
            instances = (list ?? []).Select(ReadInstance).OrderBy(instance => instance.Project, StringComparer.Ordinal).ThenBy(instance => instance.Name, StringComparer.Ordinal).ToArray();
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            // It is stopping, or hangs: that it runs is still to be told.
        }

        return new SwarmEmulator
        {
            Endpoint = record.Endpoint,
            Project = record.Project,
            StatePath = record.StateFolder,
            LogPath = record.LogFile,
            TokenPath = record.TokenFile,
            ProcessId = record.ProcessId,
            Started = record.Started,
            Instances = instances,
        };
    }

    /// <summary>Replaces the faults that the emulator makes.</summary>
    /// <exception cref="SwarmException">It refuses them, or does not answer.</exception>
    internal static async Task SetFaultsAsync(EmulatorRecord record, IReadOnlyList<string> faults, CancellationToken cancellationToken)
    {
        try
        {
            var body = new JsonArray([.. faults.Select(fault => JsonValue.Create(fault))]);
            using var answer = await SendAsync(record, HttpMethod.Put, "emulator/faults", body, cancellationToken).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                var error = await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken).ConfigureAwait(false);
                throw Errors.EmulatorFaultsRefused(record.StateFolder, error.Text("error", "message") ?? answer.ReasonPhrase ?? "");
            }
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            throw Errors.EmulatorUnreachable(record.Endpoint, record.ProcessId, exception);
        }
    }

    /// <summary>Stops the emulator with its servers, and waits for its end.</summary>
    /// <exception cref="SwarmException">It does not answer, or does not end in time.</exception>
    internal static async Task StopAsync(EmulatorRecord record, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await SendAsync(record, HttpMethod.Post, "emulator/stop", null, cancellationToken).ConfigureAwait(false);
            answer.EnsureSuccessStatusCode();
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            // Somebody else may have been faster.
            if (record.IsRunning()) throw Errors.EmulatorUnreachable(record.Endpoint, record.ProcessId, exception);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StopLimit);
        try
        {
            while (record.IsRunning()) await Task.Delay(50, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Errors.EmulatorNotStopped(record.ProcessId, record.LogFile, StopLimit);
        }

        record.Delete();
    }

    /// <summary>The token that the emulator's requests must bear.</summary>
    /// <exception cref="SwarmConfigurationException">Its file cannot be read.</exception>
    internal static string ReadToken(EmulatorRecord record)
    {
        try
        {
            return File.ReadAllText(record.TokenFile).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.EmulatorTokenUnreadable(record.TokenFile, exception);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(EmulatorRecord record, HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(new Uri(record.Endpoint), path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ReadToken(record));
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        return await Client.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsFailure(Exception exception, CancellationToken cancellationToken)
        => exception is HttpRequestException or System.Text.Json.JsonException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static SwarmEmulatorInstance ReadInstance(JsonNode? instance) => new()
    {
        Project = instance.Text("project") ?? "",
        Name = instance.Text("instance") ?? "",
        State = instance.Text("state"),
        IPAddress = instance.Text("ipAddress"),
        Port = (int?)instance.Number("port"),
        ServerVersion = instance.Text("serverVersion"),
        IsRunning = instance.Flag("running"),
        Remarks = (instance?["remarks"] as JsonArray ?? []).Select(remark => $"{remark}").ToArray(),
    };
}
