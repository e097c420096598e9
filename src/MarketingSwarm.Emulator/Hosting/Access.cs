namespace MarketingSwarm.Emulator.Hosting;

/// <summary>What a path asks of a request; metadata of an endpoint. Without it the bearer token is asked for.</summary>
internal enum Access
{
    /// <summary>The bearer token.</summary>
    Bearer,

    /// <summary>The metadata server's header, and no token: the token is what it gives.</summary>
    MetadataServer,
}
