using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Samples;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.Connector;

/// <summary>A whole migration to an instance by its name: ledger, lanes, proof and publication, each over connections of the connector's.</summary>
public sealed class InstanceMigrationTests(PostgresServer postgres)
{
    [Theory]
    [InlineData("direct")]
    [InlineData("forwarder")]
    public async Task MigratesProvesAndPublishes(string path)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        using var folder = new TempFolder();
        SampleDatabase.Write(new SampleOptions { Path = folder.File("app.db"), Count = 2_000 }, null, token);
        var options = new MigrationOptions
        {
            Source = new SwarmDatabase(DatabaseEngine.Sqlite) { Path = folder.File("app.db") },
            Destination = instance.Resolve($"?connector={path}"),
        };

        var progress = new MigrationProgress();
        var migrator = await Migrator.OpenAsync(options, progress, token);
        await using (migrator)
        {
            var measured = PlanBuilder.Build(migrator.Source, migrator.Target, new PlanOptions(), null, token);
            var summary = await migrator.RunAsync(measured, isApproved: false, token);
            Assert.True(summary.IsProven, summary.ToString());
        }

        Assert.Equal("2000", server.Psql("SELECT count(*) FROM conversations"));
        Assert.Equal(
            Assert.Single(Sqlite3.Run(folder.File("app.db"), "SELECT sum(length(CAST(agent_responses AS BLOB))) FROM conversations")),
            server.Psql("SELECT sum(octet_length(agent_responses)) FROM conversations"));
        Assert.Equal(1, instance.CertificateCount);
    }
}
