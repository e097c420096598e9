namespace MarketingSwarm.Emulator.Connector;

/// <summary>What an operation does to an instance's certificates.</summary>
internal enum CertificateChange
{
    /// <summary>The next server authority is made.</summary>
    Add,

    /// <summary>The next server authority comes into use.</summary>
    Rotate,

    /// <summary>All are made anew.</summary>
    Reset,
}
