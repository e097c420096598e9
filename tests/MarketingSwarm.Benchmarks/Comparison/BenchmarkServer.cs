using System.Globalization;
using MarketingSwarm.Testing;
using Npgsql;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>The PostgreSQL of a comparison: the server that SWARM_BENCHMARK_POSTGRES names, else a throw-away cluster that syncs as a real one does.</summary>
internal sealed class BenchmarkServer : IAsyncDisposable
{
    private const string UrlVariable = "SWARM_BENCHMARK_POSTGRES";

    private static readonly string[] Reported =
        ["fsync", "synchronous_commit", "full_page_writes", "wal_level", "wal_compression", "shared_buffers", "max_wal_size", "maintenance_work_mem", "default_toast_compression"];

    private readonly PostgresCluster? _cluster;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly string _urlQuery;

    private BenchmarkServer(NpgsqlConnectionStringBuilder settings, string urlQuery, PostgresCluster? cluster)
    {
        _settings = settings;
        _urlQuery = urlQuery;
        _cluster = cluster;
    }

    /// <summary>Whether the server was built with lz4 and, being 14 or later, can use it for values.</summary>
    internal bool HasLz4 { get; private set; }

    /// <summary>Whether a column's compression can be said: from 14 on.</summary>
    internal bool HasColumnCompression { get; private set; }

    /// <summary>Version, origin and the settings that decide the speed of a load, in lines.</summary>
    internal string Description { get; private set; } = "";

    /// <exception cref="InvalidOperationException">There is no server.</exception>
    internal static async Task<BenchmarkServer> StartAsync()
    {
        BenchmarkServer server;
        string origin;
        if (Environment.GetEnvironmentVariable(UrlVariable) is { Length: > 0 } text)
        {
            var url = new Uri(text);
            var user = url.UserInfo.Split(':', 2);
            var settings = new NpgsqlConnectionStringBuilder
            {
                Host = url.Host.Trim('[', ']'),
                Port = url.Port < 0 ? 5432 : url.Port,
                Database = url.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : "postgres",
                Username = user[0].Length == 0 ? Environment.UserName : Uri.UnescapeDataString(user[0]),
                Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            };
            if (url.Query.Contains("sslmode=require", StringComparison.Ordinal)) settings.SslMode = SslMode.Require;
            server = new BenchmarkServer(settings, url.Query, cluster: null);
            origin = $"the server that {UrlVariable} names";
        }
        else
        {
            var (cluster, failure) = await PostgresCluster.TryStartAsync("fsync=on", "shared_buffers=512MB", "max_wal_size=4GB");
            if (cluster is null) throw new InvalidOperationException($"No PostgreSQL: {UrlVariable} is not set, and {failure}.");
            server = new BenchmarkServer(
                new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = cluster.Port, Database = "postgres", Username = "postgres", Password = cluster.Password }, "", cluster);
            origin = $"a throw-away cluster of the programs in {PostgresCluster.ProgramFolder}";
        }

        await server.DescribeAsync(origin);
        return server;
    }

    /// <summary>A new, empty database, whose tables get this compression unless they say another.</summary>
    internal async Task<TargetDatabase> CreateDatabaseAsync(Compression compression)
    {
        var name = $"swarm_benchmark_{Guid.NewGuid():N}";
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        if (HasColumnCompression) await ExecuteAsync($"ALTER DATABASE {name} SET default_toast_compression = '{compression.GetName()}'");
        return new TargetDatabase(this, _settings, name, _urlQuery);
    }

    internal Task DropDatabaseAsync(string name) => ExecuteAsync($"DROP DATABASE {name} WITH (FORCE)");

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_cluster is not null) await _cluster.DisposeAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task DescribeAsync(string origin)
    {
        await using var connection = new NpgsqlConnection(_settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT name, current_setting(name), enumvals FROM pg_settings WHERE name = ANY ($1) ORDER BY array_position($1, name)", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = Reported });
        await using var reader = await command.ExecuteReaderAsync();
        var settings = new List<string>();
        while (await reader.ReadAsync())
        {
            var name = reader.GetString(0);
            settings.Add($"{name} {reader.GetString(1)}");
            if (name != "default_toast_compression") continue;
            HasColumnCompression = true;
            HasLz4 = reader.GetFieldValue<string[]>(2).Contains("lz4");
        }

        Description = string.Join(Environment.NewLine,
            $"Server   PostgreSQL {connection.ServerVersion}, {origin}; lz4 {(HasLz4 ? "available" : "not available")}",
            $"Settings {string.Join(", ", settings)}",
            string.Create(CultureInfo.InvariantCulture, $"Machine  {Environment.ProcessorCount} processors, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:F1} GB, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}"));
    }
}
