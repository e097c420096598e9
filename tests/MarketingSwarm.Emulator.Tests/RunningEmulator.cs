using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Emulator.Tests;

/// <summary>An answer of the emulator.</summary>
public sealed record Answer(int Status, JsonObject Body)
{
    /// <summary>The status of google.rpc of an error, such as NOT_FOUND; null for a success.</summary>
    public string? Code => Body["error"]?["status"]?.GetValue<string>();

    /// <summary>The message of an error; null for a success.</summary>
    public string? Message => Body["error"]?["message"]?.GetValue<string>();

    public override string ToString() => $"{Status} {Body.ToJsonString()}";
}

/// <summary>The emulator, in a process of its own with a state folder of its own; every answer is checked against the discovery documents where they are.</summary>
public sealed partial class RunningEmulator : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _client;
    private readonly Task<string> _errors;
    private readonly DiscoveryValidator? _validator = DiscoveryValidator.TryLoad();

    private RunningEmulator(Process process, Uri address, string token, Task<string> errors)
    {
        _process = process;
        _errors = errors;
        Address = address;
        Token = token;
        _client = new HttpClient { BaseAddress = address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
    }

    public Uri Address { get; }

    public string Token { get; }

    /// <summary>Starts it on a free port and waits until it listens.</summary>
    /// <param name="state">The state folder; it is made where it is missing.</param>
    /// <param name="arguments">What else the command line has.</param>
    public static async Task<RunningEmulator> StartAsync(string state, params IEnumerable<string> arguments)
    {
        var tokenFile = Path.Combine(Path.GetDirectoryName(state)!, "token");
        var program = Path.Combine(AppContext.BaseDirectory, "MarketingSwarm.Emulator.dll");
        var process = Programs.Start(DotNet(), ["exec", program, "--port", "0", "--state", state, "--token-file", tokenFile, .. arguments]);
        var errors = process.StandardError.ReadToEndAsync();
        var line = await process.StandardOutput.ReadLineAsync();
        if (line is null || Listening().Match(line) is not { Success: true } match) throw new InvalidOperationException($"The emulator did not start: {line} {await errors}");
        return new RunningEmulator(process, new Uri(match.Groups[1].Value), (await File.ReadAllTextAsync(tokenFile)).Trim(), errors);
    }

    public Task<Answer> GetAsync(string path) => SendAsync("GET", path);

    public Task<Answer> DeleteAsync(string path) => SendAsync("DELETE", path);

    /// <summary>Sends a request that the API's own document allows, and gives the answer, which the document must allow too.</summary>
    public Task<Answer> SendAsync(string method, string path, string? body = null) => SendAsync(method, path, body, isRight: true);

    /// <summary>Sends a request that the API's document does not allow.</summary>
    public Task<Answer> SendWrongAsync(string method, string path, string? body = null) => SendAsync(method, path, body, isRight: false);

    /// <summary>Sends a request to the emulator's own interface, which answers with lists.</summary>
    public async Task<(int Status, JsonArray List)> GetListAsync(string path)
    {
        using var response = await _client.GetAsync(new Uri(Address, path));
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsArray());
    }

    /// <summary>Changes the faults while it runs.</summary>
    public async Task SetFaultsAsync(params string[] faults)
    {
        using StringContent body = new(JsonSerializer.Serialize(faults), Encoding.UTF8, "application/json");
        using var response = await _client.PutAsync(new Uri(Address, "/emulator/faults"), body);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Sends a request as it is, without the token.</summary>
    public async Task<HttpResponseMessage> SendBareAsync(HttpRequestMessage request)
    {
        using var client = new HttpClient { BaseAddress = Address };
        return await client.SendAsync(request);
    }

    /// <summary>Ends the emulator as a power failure would.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Everything that the emulator wrote to its standard error, once it has ended.</summary>
    public Task<string> ErrorsAsync() => _errors;

    /// <summary>Ends the emulator as its user does, with the servers that it runs.</summary>
    public async Task StopAsync()
    {
        if (OperatingSystem.IsWindows()) _process.Kill(entireProcessTree: true);
        else await Programs.RunAsync("/bin/kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (!_process.HasExited) await StopAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"^Listening on (http://127\.0\.0\.1:\d+)\z")]
    private static partial Regex Listening();

    private static string DotNet()
        => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
            : Programs.Find("dotnet") ?? throw new InvalidOperationException("No dotnet was found.");

    private async Task<Answer> SendAsync(string method, string path, string? body, bool isRight)
    {
        var uri = new Uri(Address, path);
        using var request = new HttpRequestMessage(new HttpMethod(method), uri);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var isDescribed = _validator is not null && !(path.StartsWith("/v1/projects/", StringComparison.Ordinal) && path.Count(c => c == '/') == 3);
        if (isDescribed && isRight) Assert.Empty(_validator!.CheckRequest(method, uri, body));
        if (isDescribed && _validator!.MethodOf(method, uri) is not null) Assert.Empty(_validator.CheckResponse(method, uri, (int)response.StatusCode, text));
        return new Answer((int)response.StatusCode, JsonNode.Parse(text)!.AsObject());
    }
}
