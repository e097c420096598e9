namespace MarketingSwarm.Testing;

/// <summary>One PostgreSQL database of a test's own, dropped with it.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly PostgresServer _server;

    internal TestDatabase(PostgresServer server, string name)
    {
        _server = server;
        Name = name;
    }

    public string Name { get; }

    public string Host => _server.Host;

    public int Port => _server.Port;

    public string User => _server.User;

    public string Password => _server.Password;

    /// <summary><c>postgresql://user:password@host:port/name</c></summary>
    public string Url => GetUrl(User, Password);

    /// <summary>The folder of the server's Unix socket; null when the server is not one that the tests started here.</summary>
    public string? SocketFolder => _server.SocketFolder;

    /// <summary>The same database for another user.</summary>
    public string GetUrl(string user, string password)
        => $"postgresql://{Uri.EscapeDataString(user)}:{Uri.EscapeDataString(password)}@{Host}:{Port}/{Name}{_server.UrlQuery}";

    /// <summary>What <c>psql -X -A -t -q</c> prints for the statements, without the last line's end.</summary>
    public string Psql(string sql) => _server.PsqlAsync(Name, sql).GetAwaiter().GetResult();

    /// <inheritdoc cref="Psql"/>
    public Task<string> PsqlAsync(string sql) => _server.PsqlAsync(Name, sql);

    /// <summary>Waits until no more than so many sessions are left: a server notices a moment later that a client has gone.</summary>
    public Task WaitForSessionsAsync(int count) => _server.WaitForSessionsAsync(Name, count);

    public async ValueTask DisposeAsync() => await _server.DropDatabaseAsync(Name);
}
