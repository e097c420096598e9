using System.Diagnostics;
using Npgsql;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>The database that one run loads into; dropped when it is disposed of.</summary>
internal sealed class TargetDatabase : IAsyncDisposable
{
    private readonly BenchmarkServer _server;
    private readonly string _name;

    internal TargetDatabase(BenchmarkServer server, NpgsqlConnectionStringBuilder settings, string name, string urlQuery)
    {
        _server = server;
        _name = name;
        Settings = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = name, CommandTimeout = 0, Pooling = false };
        UrlQuery = urlQuery;
        Source = NpgsqlDataSource.Create(Settings.ConnectionString);
    }

    internal NpgsqlConnectionStringBuilder Settings { get; }

    internal NpgsqlDataSource Source { get; }

    /// <summary>Its URL without the password, which is in the environment and shows in no list of processes.</summary>
    internal string Url => $"{GetUrl(user: Uri.EscapeDataString(Settings.Username!))}{UrlQuery}";

    /// <summary>Its URL with the password, for a file that only the user can read.</summary>
    internal string SecretUrl
        => $"{GetUrl(Uri.EscapeDataString(Settings.Username!) + (Settings.Password is { } password ? ":" + Uri.EscapeDataString(password) : ""))}{UrlQuery}";

    private string UrlQuery { get; }

    /// <summary>Gives a process the password, by libpq's password file.</summary>
    internal void AddPassword(ProcessStartInfo start, Workspace workspace)
    {
        if (Settings.Password is not { } password) return;
        var path = workspace.WritePrivateFile("pgpass", $"*:*:*:*:{password.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal)}\n");
        start.Environment["PGPASSFILE"] = path;
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Writes out what earlier runs left in memory, so that it is not written at this one's cost. Who may not do it goes without.</summary>
    internal async Task CheckpointAsync()
    {
        try
        {
            await ExecuteAsync("CHECKPOINT");
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // A user's own server, where only a superuser or a member of pg_checkpoint may.
        }
    }

    /// <summary>Whether the load left a table that is visible under its name.</summary>
    internal async Task<bool> HasTableAsync()
    {
        await using var command = Source.CreateCommand("SELECT to_regclass('conversations') IS NOT NULL");
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>How the rows' largest column is stored: <c>pglz</c>, <c>lz4</c>, both; nothing when no value is compressed or the server cannot tell.</summary>
    internal async Task<string> GetCompressionAsync()
    {
        if (!_server.HasColumnCompression) return "";
        await using var command = Source.CreateCommand(
            "SELECT coalesce(string_agg(DISTINCT pg_column_compression(agent_responses), '+'), '') FROM conversations");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    internal async Task<long> CountIndexesAsync()
    {
        await using var command = Source.CreateCommand("SELECT count(*) FROM pg_index WHERE indrelid = 'conversations'::regclass");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _server.DropDatabaseAsync(_name);
    }

    private string GetUrl(string user)
    {
        var host = Settings.Host!.Contains(':', StringComparison.Ordinal) ? $"[{Settings.Host}]" : Settings.Host;
        return FormattableString.Invariant($"postgresql://{user}@{host}:{Settings.Port}/{_name}");
    }
}
