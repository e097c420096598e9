namespace MarketingSwarm.Engine.Deployment;

/// <summary>What the files of a deployment say.</summary>
internal sealed record DeploymentOptions
{
    /// <summary>The instance that the service connects to.</summary>
    internal required CloudSqlInstance Instance { get; init; }

    /// <summary>The service's name; null to take that of the file that is there.</summary>
    internal string? Service { get; init; }

    /// <summary>The service's region.</summary>
    internal required string Region { get; init; }

    /// <summary>The account that the service runs as; null to keep the file's, or Cloud Run's default.</summary>
    internal string? ServiceAccount { get; init; }

    /// <summary>The project's number, of which Cloud Run's default account is made; null where it could not be asked.</summary>
    internal string? ProjectNumber { get; init; }

    /// <summary>The container's image; null to keep the file's.</summary>
    internal string? Image { get; init; }

    internal required string Database { get; init; }

    internal required string User { get; init; }

    /// <summary>The secret that has the password.</summary>
    internal required string Secret { get; init; }

    /// <summary>A number, or <c>latest</c>.</summary>
    internal required string SecretVersion { get; init; }

    /// <summary>How many instances of the service run at most.</summary>
    internal required int MaxInstances { get; init; }

    /// <summary>Where the module goes that configures the database, from the folder on.</summary>
    internal required string ModulePath { get; init; }

    /// <summary>The SQLite file of local development, as the application's folder sees it.</summary>
    internal required string LocalDatabase { get; init; }

    /// <summary>Further variables of the service; no secrets.</summary>
    internal required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>Whether a module is replaced that this did not write.</summary>
    internal bool IsForced { get; init; }
}
