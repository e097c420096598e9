namespace MarketingSwarm.Emulator.Hosting;

/// <summary>One API of Google Cloud, as far as the emulator has it.</summary>
internal interface IApi
{
    /// <summary>Adds the API's methods; called once, before the first request.</summary>
    void Map(IEndpointRouteBuilder routes);
}
