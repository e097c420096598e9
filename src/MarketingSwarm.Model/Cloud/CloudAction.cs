namespace MarketingSwarm;

/// <summary>What a cmdlet did to bring a resource of Google Cloud about; the same call again gives <see cref="Present"/>.</summary>
public enum CloudAction
{
    /// <summary>It was not there and was made.</summary>
    Created,

    /// <summary>It was there and was changed to what was asked for.</summary>
    Updated,

    /// <summary>It was there as asked for; nothing was sent.</summary>
    Present,

    /// <summary><c>-WhatIf</c>: it is not there and would be made.</summary>
    WouldCreate,

    /// <summary><c>-WhatIf</c>: it is there and would be changed.</summary>
    WouldUpdate,

    /// <summary>It could not be looked at, for want of a permission say; nothing was changed.</summary>
    NotChecked,
}
