namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>How Google is asked on a database's behalf: as the session said when the database was named. What it left to the environment is looked up when it is needed.</summary>
internal sealed class ConnectorAccess(CloudOptions options, Func<string, string?> environment, CloudSqlConnector connector) : CloudAccess
{
    internal CloudSqlConnector Connector => connector;

    /// <summary>A client, which ends with its caller's work.</summary>
    /// <exception cref="SwarmConfigurationException">A credential or an address that was named cannot be used.</exception>
    internal GoogleApiClient CreateClient() => new(CloudSettings.Resolve(options, null, null, environment), Silence.Instance);

    // The connections of a run are opened where nobody's streams are at hand.
    private sealed class Silence : ICloudTrace
    {
        internal static readonly Silence Instance = new();

        public void Verbose(string text)
        {
        }

        public void Debug(Func<string> text)
        {
        }

        public void Warning(string text)
        {
        }

        public void Progress(string activity, string status)
        {
        }
    }
}
