using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Configuration;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Connector;
using MarketingSwarm.Engine.Tests.Configuration;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.Connector;

/// <summary>The emulator in a process of its own, as a connector meets it; it can be ended and started again where it was, with what it had.</summary>
internal sealed class RunningEmulator : IAsyncDisposable
{
    private const string Greeting = "Listening on ";
    private const string Password = "root's own pass word";
    private const string Settings =
        """{"tier":"db-f1-micro","databaseFlags":[{"name":"cloudsql.iam_authentication","value":"on"},{"name":"max_connections","value":"150"}]}""";

    private readonly TempFolder _folder = new();
    private Process? _process;
    private HttpClient? _client;
    private Uri? _address;
    private string _token = "";

    private RunningEmulator() => PostgresPrograms.LetThrough(_folder);

    /// <summary>Where the instance's front listens.</summary>
    internal int FrontPort { get; private set; }

    /// <summary>Starts it with one instance, <c>p:us-central1:db</c>.</summary>
    internal static async Task<RunningEmulator> StartAsync()
    {
        PostgresPrograms.SkipWithout();
        var emulator = new RunningEmulator();
        try
        {
            await emulator.StartProcessAsync();
            await emulator.SucceedAsync(HttpMethod.Post, "", $$"""{"name":"db","region":"us-central1","databaseVersion":"POSTGRES_15","rootPassword":"{{Password}}","settings":{{Settings}}}""");
            using var answer = await emulator._client!.GetAsync(new Uri("/emulator/instances", UriKind.Relative));
            emulator.FrontPort = (int)JsonNode.Parse(await answer.Content.ReadAsStringAsync())![0]!["proxyPort"]!;
            return emulator;
        }
        catch
        {
            await emulator.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it with its servers, and starts it again at the same address.</summary>
    internal async Task RestartAsync()
    {
        await StopAsync();
        await StartProcessAsync();
    }

    internal CloudSqlConnector CreateConnector(TimeProvider? clock = null) => new(clock ?? TimeProvider.System, FrontPort);

    /// <summary>Resolves <c>cloudsql://…</c> as a session would that was sent to this emulator.</summary>
    internal SwarmDatabase Resolve(CloudSqlConnector connector, string parameters = "", string? login = null, string name = "p:us-central1:db")
    {
        using var naming = new Naming();
        var options = new CloudOptions { Endpoint = _address, AccessToken = _token, IsTokenForEndpoint = true };
        return DatabaseResolver.Resolve(
            new DatabaseReference($"cloudsql://{login ?? $"postgres:{Uri.EscapeDataString(Password)}@"}{name}/postgres{parameters}"),
            naming.Context with { Cloud = options, Connector = connector });
    }

    /// <summary>How often an API's method was called, by the emulator's own log.</summary>
    internal int CountRequests(string method)
    {
        using var reader = new StreamReader(new FileStream(Path.Combine(_folder.File("state"), "emulator.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n').Count(line => line.Contains($"/instances/db{method} ", StringComparison.Ordinal));
    }

    /// <summary>Sends a request that begins an operation on the instance, which must succeed.</summary>
    /// <param name="method">The verb of HTTP.</param>
    /// <param name="below">The path below the project's instances.</param>
    /// <param name="body">The request's body.</param>
    internal async Task SucceedAsync(HttpMethod method, string below, string? body = null)
    {
        var operation = await SendAsync(method, $"/v1/projects/p/instances{below}", body);
        while ($"{operation["status"]}" != "DONE")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
            operation = await SendAsync(HttpMethod.Get, $"/v1/projects/p/operations/{operation["name"]}");
        }

        Assert.True(operation["error"] is null, operation.ToJsonString());
    }

    /// <summary>Replaces the faults.</summary>
    internal async Task SetFaultsAsync(params string[] faults)
    {
        using var body = new StringContent(JsonSerializer.Serialize(faults), Encoding.UTF8, "application/json");
        using var response = await _client!.PutAsync(new Uri("/emulator/faults", UriKind.Relative), body);
        response.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    private async Task StartProcessAsync()
    {
        // Built with these tests: the same configuration, in the emulator's own folder.
        var target = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        var program = Path.Combine(
            Repository.Root, "src", "MarketingSwarm.Emulator", "bin", Path.GetFileName(Path.GetDirectoryName(target))!, Path.GetFileName(target), "MarketingSwarm.Emulator.dll");
        _process = Programs.Start(
            Programs.Find("dotnet")!, ["exec", program, "--port", $"{_address?.Port ?? 0}", "--state", _folder.File("state"), "--token-file", _folder.File("token"), "--stop-with-input"]);
        var errors = _process.StandardError.ReadToEndAsync();
        var line = await _process.StandardOutput.ReadLineAsync();
        Assert.True(line?.StartsWith(Greeting, StringComparison.Ordinal) == true, line is null ? await errors : line);
        _address = new Uri(line![Greeting.Length..]);
        _token = (await File.ReadAllTextAsync(_folder.File("token"))).Trim();
        _client = new HttpClient { BaseAddress = _address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", _token) } };
    }

    private async Task StopAsync()
    {
        _client?.Dispose();
        if (_process is null) return;
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _client!.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
