namespace MarketingSwarm.Emulator.Run;

/// <summary>The Cloud SQL instances that a service can name.</summary>
internal interface ICloudSqlInstances
{
    /// <summary>The region of an instance; null when there is no such instance.</summary>
    /// <param name="project">The project's id or number.</param>
    /// <param name="instance">The instance's name.</param>
    string? RegionOf(string project, string instance);
}
