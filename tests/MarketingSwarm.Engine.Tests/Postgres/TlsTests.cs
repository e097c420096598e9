using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Tests.Configuration;

namespace MarketingSwarm.Engine.Tests.Postgres;

public sealed class TlsTests(TlsServer server) : IClassFixture<TlsServer>, IDisposable
{
    private readonly Naming _naming = new();

    public void Dispose() => _naming.Dispose();

    [Theory]
    [InlineData("localhost", "sslmode=verify-full&sslrootcert={ca}", true)]
    [InlineData("localhost", "ssl=true&sslrootcert={ca}", true)]
    [InlineData("127.0.0.1", "sslmode=verify-ca&sslrootcert={ca}", true)]
    [InlineData("127.0.0.1", "sslmode=require&sslrootcert={ca}", true)]
    [InlineData("127.0.0.1", "sslmode=require", true)]
    [InlineData("127.0.0.1", "sslmode=prefer", true)]
    [InlineData("127.0.0.1", "sslmode=disable", false)]
    public async Task Encrypts(string host, string parameters, bool encrypted)
    {
        await using var connection = await OpenAsync(host, "postgres", parameters);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

        Assert.Equal(encrypted, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("127.0.0.1", "sslmode=verify-full&sslrootcert={ca}", "it is for 'localhost', not for '127.0.0.1'")]
    [InlineData("localhost", "sslmode=verify-full&sslrootcert={other}", "its authority 'CN=Swarm Test CA' is not among those in")]
    [InlineData("localhost", "sslmode=verify-ca&sslrootcert={other}", "its authority 'CN=Swarm Test CA' is not among those in")]
    [InlineData("localhost", "sslmode=require&sslrootcert={other}", "its authority 'CN=Swarm Test CA' is not among those in")]
    [InlineData("localhost", "sslmode=verify-full", "its authority 'CN=Swarm Test CA' is not among those that this machine trusts")]
    [InlineData("127.0.0.1", "sslmode=verify-full&sslrootcert={other}", "it is for 'localhost', not for '127.0.0.1'; its authority")]
    public async Task RefusesACertificateAndSaysWhy(string host, string parameters, string reason)
    {
        var error = await RefuseAsync(host, "postgres", parameters);

        Assert.Equal(("TlsCertificateRefused", SwarmDatabaseFailure.TlsFailed), (error.ErrorId, error.Failure));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("sslrootcert", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatTheServerRequiresTls()
    {
        var error = await RefuseAsync("127.0.0.1", TlsServer.TlsOnly, "sslmode=disable");

        Assert.Equal(("TlsRequiredByServer", SwarmDatabaseFailure.TlsFailed, "28000"), (error.ErrorId, error.Failure, error.SqlState));
        await using var connection = await OpenAsync("127.0.0.1", TlsServer.TlsOnly, "sslmode=allow");
    }

    [Fact]
    public async Task SaysThatAnAccessRuleRefuses()
    {
        var error = await RefuseAsync("127.0.0.1", "template0", "sslmode=require");

        Assert.Equal(("AccessRuleRefused", SwarmDatabaseFailure.AuthenticationFailed), (error.ErrorId, error.Failure));
    }

    [Fact]
    public async Task ShowsItsOwnCertificate()
    {
        Assert.SkipWhen(server.SkipReason is not null, server.SkipReason ?? "");
        await using var connection = await OpenAsync("localhost", "template1", $"sslmode=require&sslcert={server.ClientCertificate}&sslkey={server.ClientKey}");
        Assert.Equal("ClientCertificateRequired", (await RefuseAsync("localhost", "template1", "sslmode=require")).ErrorId);
    }

    [Theory]
    [InlineData("sslmode=verify-full&sslrootcert={bad}", "sslrootcert")]
    [InlineData("sslmode=require&sslcert={bad}&sslkey={bad}", "sslcert")]
    public async Task SaysWhichFileIsNoCertificate(string parameters, string parameter)
    {
        Assert.SkipWhen(server.SkipReason is not null, server.SkipReason ?? "");
        _naming.Write("bad.pem", "no certificate\n");
        var database = _naming.Resolve(server.GetUrl("localhost", "postgres", Fill(parameters)));

        var error = await Assert.ThrowsAsync<SwarmConfigurationException>(() => PostgresConnector.OpenAsync(database, TestContext.Current.CancellationToken));

        Assert.Equal("TlsFileInvalid", error.ErrorId);
        Assert.Contains($"'{parameter}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("bad.pem", error.Message, StringComparison.Ordinal);
    }

    private async Task<Npgsql.NpgsqlConnection> OpenAsync(string host, string databaseName, string parameters)
    {
        Assert.SkipWhen(server.SkipReason is not null, server.SkipReason ?? "");
        var database = _naming.Resolve(server.GetUrl(host, databaseName, Fill(parameters)));
        return await PostgresConnector.OpenAsync(database, TestContext.Current.CancellationToken);
    }

    private async Task<SwarmDatabaseException> RefuseAsync(string host, string databaseName, string parameters)
    {
        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(async () => await (await OpenAsync(host, databaseName, parameters)).DisposeAsync());
        Assert.NotNull(error.RecommendedAction);
        return error;
    }

    private string Fill(string parameters) => parameters
        .Replace("{ca}", server.Authority, StringComparison.Ordinal)
        .Replace("{other}", server.OtherAuthority, StringComparison.Ordinal)
        .Replace("{bad}", _naming.Folder.File("bad.pem"), StringComparison.Ordinal);
}
