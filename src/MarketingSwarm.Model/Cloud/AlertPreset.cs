namespace MarketingSwarm;

/// <summary>What an alert policy of Set-SwarmAlertPolicy watches.</summary>
public enum AlertPreset
{
    /// <summary>The share of the instance's processors in use; 0.8 unless said otherwise.</summary>
    Cpu,

    /// <summary>The share of its data disk in use; 0.8 unless said otherwise.</summary>
    Disk,

    /// <summary>The share of its memory in use; 0.9 unless said otherwise.</summary>
    Memory,

    /// <summary>The connections of all its databases together, as a share of <c>max_connections</c>; 0.8 unless said otherwise.</summary>
    Connections,
}
