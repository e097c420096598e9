using System.Diagnostics.Metrics;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Tests.Configuration;

namespace MarketingSwarm.Engine.Tests.Postgres;

/// <summary>What of the process must not reach a server, and what of a server must not stay in the process.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class ConnectorIsolationTests(PostgresServer postgres) : IDisposable
{
    private readonly Naming _naming = new();

    public void Dispose() => _naming.Dispose();

    [Fact]
    public async Task ThePasswordOfTheEnvironmentIsNotSentToAHostThatAUrlNames()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        var url = $"postgresql://{server.User}@{server.Host}:{server.Port}/{server.Name}";
        _naming.WritePgPass("");
        var passFile = _naming.Folder.File("pgpass");
        File.WriteAllText(passFile, $"*:*:*:*:{server.Password}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(passFile, UnixFileMode.UserRead);
        // The driver would take either by itself.
        using var variables = new EnvironmentScope(("PGPASSWORD", server.Password), ("PGPASSFILE", passFile));

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(
            () => PostgresConnector.OpenAsync(_naming.Resolve(url), TestContext.Current.CancellationToken));

        Assert.Equal("AuthenticationFailed", error.ErrorId);
        Assert.Contains("no password was given", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheVariablesOfLibpqDoNotChangeTheSession()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        const string query = "SELECT current_setting('search_path') || ' ' || current_setting('client_encoding') || ' ' || current_setting('application_name')";
        using var variables = new EnvironmentScope(
            ("PGOPTIONS", "-c search_path=nowhere"), ("PGCLIENTENCODING", "LATIN1"), ("PGAPPNAME", "other"), ("PGSSLNEGOTIATION", "direct"),
            ("PGUSER", "nobody"), ("PGTARGETSESSIONATTRS", "standby"), ("PGGSSENCMODE", "require"));

        await using var connection = await PostgresConnector.OpenAsync(_naming.Resolve(server.Url), TestContext.Current.CancellationToken);

        Assert.Equal("\"$user\", public UTF8 MarketingSwarm", await ConnectorTests.ScalarAsync(connection, query));
    }

    [Fact]
    public async Task NothingIsKeptOfAConnection()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using (await PostgresConnector.OpenAsync(_naming.Resolve(server.Url), TestContext.Current.CancellationToken))
        {
        }

        var wrong = _naming.Resolve(server.GetUrl(server.User, "wrong"));
        await Assert.ThrowsAsync<SwarmDatabaseException>(() => PostgresConnector.OpenAsync(wrong, TestContext.Current.CancellationToken));

        // The driver measures every source of connections that it keeps; ours are named after the application.
        var kept = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Npgsql") self.EnableMeasurementEvents(instrument);
        };
        void Count(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags) if (tag.Value is string text && text.Contains("MarketingSwarm", StringComparison.Ordinal)) kept++;
        }

        listener.SetMeasurementEventCallback<int>((_, _, tags, _) => Count(tags));
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => Count(tags));
        listener.Start();
        // One that is kept shows that the measuring works.
        await using var other = new Npgsql.NpgsqlDataSourceBuilder(
            $"Host={server.Host};Port={server.Port};Username={server.User};Password={server.Password};Database={server.Name};Application Name=MarketingSwarm;Pooling=false").Build();
        listener.RecordObservableInstruments();
        Assert.NotEqual(0, kept);
        await other.DisposeAsync();
        kept = 0;
        listener.RecordObservableInstruments();
        Assert.Equal(0, kept);
    }
}
