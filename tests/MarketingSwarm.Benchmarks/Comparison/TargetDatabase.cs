using System.Diagnostics;
using Npgsql;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>The database that one run loads into; dropped when it is disposed of.</summary>
internal sealed class TargetDatabase : IAsyncDisposable
{
    private readonly BenchmarkServer _server;
    private readonly string _name;
    private readonly string? _password;

    internal TargetDatabase(BenchmarkServer server, NpgsqlConnectionStringBuilder settings, string name, string urlQuery)
    {
        _server = server;
        _name = name;
        _password = settings.Password;
        var host = settings.Host!.Contains(':', StringComparison.Ordinal) ? $"[{settings.Host}]" : settings.Host;
        Url = FormattableString.Invariant($"postgresql://{Uri.EscapeDataString(settings.Username!)}@{host}:{settings.Port}/{name}{urlQuery}");
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = name, CommandTimeout = 0, Pooling = false });
    }

    internal NpgsqlDataSource Source { get; }

    /// <summary>Its URL without the password, which is in the environment and shows in no list of processes.</summary>
    internal string Url { get; }

    /// <summary>Gives a process the password: in libpq's variable, and in libpq's password file for the module, which gives the variable to no host named by URL.</summary>
    internal void AddPassword(ProcessStartInfo start, Workspace workspace)
    {
        if (_password is not { } password) return;
        start.Environment["PGPASSWORD"] = password;
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
}
