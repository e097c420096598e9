namespace MarketingSwarm;

/// <summary>How the engine asks Google Cloud on a database's behalf: in whose name and where. Only the engine looks into it.</summary>
internal abstract class CloudAccess
{
}

/// <summary>By which way a connection to a Cloud SQL instance is made.</summary>
internal enum ConnectorPath
{
    /// <summary>Directly where that works, else through the forwarder.</summary>
    Auto,

    /// <summary>The driver speaks TLS to the instance itself.</summary>
    Direct,

    /// <summary>The driver speaks to a socket of this process, which passes it on over TLS.</summary>
    Forwarder,
}
