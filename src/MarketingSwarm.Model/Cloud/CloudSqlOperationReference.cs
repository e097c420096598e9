namespace MarketingSwarm;

/// <summary>How a user names an operation of Cloud SQL: by its name, or by itself. PowerShell converts either to this type.</summary>
public sealed class CloudSqlOperationReference
{
    /// <summary>Names an operation by its name.</summary>
    /// <param name="name">The name, a UUID.</param>
    /// <exception cref="ArgumentException">It is empty.</exception>
    public CloudSqlOperationReference(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>Names an operation by itself.</summary>
    public CloudSqlOperationReference(CloudSqlOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        Name = operation.Name;
        Project = operation.Project;
    }

    /// <summary>The operation's name.</summary>
    public string Name { get; }

    /// <summary>The project, where the reference says it.</summary>
    public string? Project { get; }

    /// <summary>The operation's name.</summary>
    public override string ToString() => Name;
}
