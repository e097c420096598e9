using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Tests;

/// <summary>
///   The emulator as the module has it, in a process of its own, and a session pointed at it. What the module sends and is answered goes through a proxy
///   that checks both against Google's own documents, where these are.
/// </summary>
internal sealed class EmulatorServer : IAsyncDisposable
{
    private const string Greeting = "Listening on ";

    private readonly TempFolder _folder;
    private readonly Process _process;
    private readonly HttpClient _client;
    private readonly DiscoveryProxy? _proxy;

    private EmulatorServer(TempFolder folder, Process process, Uri address, string token)
    {
        _folder = folder;
        _process = process;
        Token = token;
        _client = new HttpClient { BaseAddress = address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        _proxy = DiscoveryValidator.TryLoad() is { } validator ? new DiscoveryProxy(validator, address) : null;
    }

    internal string Token { get; }

    /// <summary>Where the module is pointed to.</summary>
    internal Uri Endpoint => _proxy?.Address ?? _client.BaseAddress!;

    /// <summary>What of the module's requests and the emulator's answers is not as Google's documents have it.</summary>
    internal IEnumerable<string> Violations => _proxy?.Violations.Select(exchange => exchange.ToString()) ?? [];

    /// <summary>What the module sent, as <c>GET /v1/…</c> without the query; null where Google's documents are missing, and nothing stands between.</summary>
    internal IReadOnlyList<string>? Requests => _proxy?.Exchanges.Select(exchange => $"{exchange.Method} {exchange.Uri.AbsolutePath}").ToList();

    /// <summary>The emulator's log, as it is now.</summary>
    internal string Log
    {
        get
        {
            using var reader = new StreamReader(new FileStream(Path.Combine(StateFolder, "emulator.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd();
        }
    }

    private string StateFolder => _folder.File("state");

    /// <summary>Starts it; without PostgreSQL's programs the test is skipped.</summary>
    internal static async Task<EmulatorServer> StartAsync(params IEnumerable<string> arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The server's programs are run on Linux and macOS only.");
        Assert.SkipWhen(PostgresCluster.ProgramFolder is null, "PostgreSQL's programs were not found.");
        var folder = new TempFolder();
        // Where this is root, PostgreSQL runs as another account, which passes through the folder.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var program = Path.Combine(Repository.ModuleFolder, "emulator", "MarketingSwarm.Emulator.dll");
        var process = Programs.Start(
            ShellProcess.DotNet, ["exec", program, "--port", "0", "--state", folder.File("state"), "--token-file", folder.File("token"), .. arguments]);
        _ = process.StandardError.ReadToEndAsync();
        var line = await process.StandardOutput.ReadLineAsync();
        Assert.StartsWith(Greeting, line, StringComparison.Ordinal);
        return new EmulatorServer(folder, process, new Uri(line![Greeting.Length..]), (await File.ReadAllTextAsync(folder.File("token"))).Trim());
    }

    /// <summary>Runs a script in a session whose context is this emulator and a project.</summary>
    internal PowerShellResult Run(string project, string script, params (string Name, object? Value)[] variables)
    {
        using var session = Start(project, script, variables);
        return session.Result;
    }

    /// <summary>Starts a script in such a session and returns while it runs.</summary>
    internal PowerShellSession Start(string project, string script, params (string Name, object? Value)[] variables)
        => PowerShellSession.Start(
            $"$null = Set-SwarmContext $project -Region us-central1 -Endpoint $endpoint -AccessToken $token\n{script}",
            [("project", project), ("endpoint", Endpoint.ToString()), ("token", Secure(Token)), .. variables]);

    internal static SecureString Secure(string text) => new NetworkCredential("", text).SecurePassword;

    /// <summary>Asks the emulator itself; the module has no part in it.</summary>
    internal async Task<JsonObject> GetAsync(string path)
    {
        using var response = await _client.GetAsync(new Uri(path, UriKind.Relative));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    internal async Task<JsonObject> PatchAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _client.PatchAsync(new Uri(path, UriKind.Relative), content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    internal async Task<JsonObject> PostAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _client.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    /// <summary>Deletes what is there; nothing is nothing to delete.</summary>
    internal async Task DeleteAsync(string path)
    {
        using var response = await _client.DeleteAsync(new Uri(path, UriKind.Relative));
        Assert.True(response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotFound, $"{path}: {(int)response.StatusCode}");
    }

    /// <summary>A secret's newest value.</summary>
    internal async Task<string> GetSecretAsync(string project, string name)
        => Encoding.UTF8.GetString(Convert.FromBase64String($"{(await GetAsync($"/v1/projects/{project}/secrets/{name}/versions/latest:access"))["payload"]!["data"]}"));

    /// <summary>Replaces the faults.</summary>
    internal async Task SetFaultsAsync(params string[] faults)
    {
        using var body = new StringContent(JsonSerializer.Serialize(faults), Encoding.UTF8, "application/json");
        using var response = await _client.PutAsync(new Uri("/emulator/faults", UriKind.Relative), body);
        response.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        _client.Dispose();
        await Programs.RunAsync("/bin/kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
