namespace MarketingSwarm;

/// <summary>Which address of a Cloud SQL instance is connected to.</summary>
public enum CloudSqlAddressType
{
    /// <summary>The public one where there is one, else the private one, else the name of its private service connection.</summary>
    Auto,

    /// <summary>The public one.</summary>
    Public,

    /// <summary>The one in the private network (VPC).</summary>
    Private,
}
