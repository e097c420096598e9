namespace MarketingSwarm.Emulator.ServiceNetworking;

/// <summary>Which networks have a private connection to the services' network.</summary>
internal interface INetworkPeering
{
    /// <summary>Whether instances can get a private address in the network.</summary>
    /// <param name="project">The id of the project that has the network, or its number.</param>
    /// <param name="network">The network's name, without a path.</param>
    bool IsPeered(string project, string network);
}
