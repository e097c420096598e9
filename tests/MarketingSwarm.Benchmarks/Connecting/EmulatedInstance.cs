using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MarketingSwarm.Testing;
using Npgsql;

namespace MarketingSwarm.Benchmarks.Connecting;

/// <summary>The module's emulator in a process of its own, with one instance and one database.</summary>
internal sealed class EmulatedInstance : IAsyncDisposable
{
    internal const string ConnectionName = "benchmark:us-central1:db";
    internal const string Database = "swarm";
    internal const string User = "postgres";

    private const string Greeting = "Listening on ";
    private const string Instances = "/v1/projects/benchmark/instances";
    private const string ConnectorPort = "3307";

    // As of a server that is made for loads: room between checkpoints, and the shared buffers of a small machine.
    private const string Flags = """[{"name":"max_wal_size","value":"4096"},{"name":"shared_buffers","value":"65536"}]""";

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly HttpClient _client;

    private EmulatedInstance(Process process, DirectoryInfo folder, string address, string token)
    {
        _process = process;
        _folder = folder;
        Address = address;
        Token = token;
        _client = new HttpClient { BaseAddress = new Uri(address), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
    }

    /// <summary>Where the cloud's API is.</summary>
    internal string Address { get; }

    internal string Token { get; }

    internal string Password { get; } = RandomNumberGenerator.GetHexString(32);

    /// <summary>The server itself, past the front that speaks TLS.</summary>
    internal NpgsqlDataSource Server { get; private set; } = null!;

    /// <summary>The front that speaks TLS, as <c>address:port</c>.</summary>
    internal string Front { get; private set; } = "";

    /// <exception cref="InvalidOperationException">The emulator does not start, or not where connectors look.</exception>
    internal static async Task<EmulatedInstance> StartAsync()
    {
        if (PostgresCluster.ProgramFolder is null) throw new InvalidOperationException("PostgreSQL's programs were not found; the emulator's instances are made of them.");
        var folder = Directory.CreateTempSubdirectory("swarm-benchmark-emulator-");
        // Where this is root, PostgreSQL runs as another account, which passes through the folder.
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var (state, tokenFile) = (Path.Combine(folder.FullName, "state"), Path.Combine(folder.FullName, "token"));
        var process = Programs.Start(
            Programs.Find("dotnet") ?? throw new InvalidOperationException("No dotnet was found."),
            ["exec", Path.Combine(Repository.ModuleFolder, "emulator", "MarketingSwarm.Emulator.dll"), "--port", "0", "--state", state, "--token-file", tokenFile, "--stop-with-input"]);
        var errors = process.StandardError.ReadToEndAsync();
        var line = await process.StandardOutput.ReadLineAsync();
        if (line?.StartsWith(Greeting, StringComparison.Ordinal) != true) throw new InvalidOperationException($"The emulator did not start: {line} {await errors}");
        var instance = new EmulatedInstance(process, folder, line[Greeting.Length..], (await File.ReadAllTextAsync(tokenFile)).Trim());
        try
        {
            await instance.CreateAsync();
            return instance;
        }
        catch
        {
            await instance.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client certificate for a key, and the authority of the server's.</summary>
    internal async Task<(string Certificate, string Authority)> CertifyAsync(RSA key)
    {
        var answer = await SendAsync(HttpMethod.Post, $"{Instances}/db:generateEphemeralCert", new JsonObject { ["public_key"] = key.ExportSubjectPublicKeyInfoPem(), ["validDuration"] = "86400s" });
        var settings = await SendAsync(HttpMethod.Get, $"{Instances}/db/connectSettings");
        return ($"{answer["ephemeralCert"]!["cert"]}", $"{settings["serverCaCert"]!["cert"]}");
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is not null) await Server.DisposeAsync();
        _client.Dispose();
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task CreateAsync()
    {
        await EndAsync(await SendAsync(HttpMethod.Post, Instances, new JsonObject
        {
            ["name"] = "db", ["region"] = "us-central1", ["databaseVersion"] = "POSTGRES_15", ["rootPassword"] = Password,
            ["settings"] = new JsonObject { ["tier"] = "db-custom-2-7680", ["databaseFlags"] = JsonNode.Parse(Flags) },
        }));
        await EndAsync(await SendAsync(HttpMethod.Post, $"{Instances}/db/databases", new JsonObject { ["name"] = Database }));
        var entry = JsonNode.Parse(await _client.GetStringAsync(new Uri("/emulator/instances", UriKind.Relative)))!.AsArray()[0]!;
        if ($"{entry["proxyPort"]}" != ConnectorPort) throw new InvalidOperationException($"The instance has no front where connectors look: {entry["remarks"]}");
        Front = $"{entry["ipAddress"]}:{ConnectorPort}";
        Server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = $"{entry["ipAddress"]}", Port = (int)entry["port"]!, Database = Database, Username = User, Password = Password, Pooling = false, CommandTimeout = 0,
        });
    }

    private async Task EndAsync(JsonNode operation)
    {
        while ($"{operation["status"]}" != "DONE")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            operation = await SendAsync(HttpMethod.Get, $"/v1/projects/benchmark/operations/{operation["name"]}");
        }

        if (operation["error"] is { } error) throw new InvalidOperationException($"The emulator has no instance: {error.ToJsonString()}");
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonObject? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await _client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException($"The emulator refused {method} {path}: {text}");
    }
}
