namespace MarketingSwarm.Emulator.Hosting;

/// <summary>What the emulator knows of a method before it runs it.</summary>
internal sealed record ApiMethod
{
    /// <summary>The API that it belongs to.</summary>
    public required ApiService Service { get; init; }

    /// <summary>Its name in the API's definition, for example <c>google.cloud.sql.v1.SqlInstancesService.Get</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The IAM permission that it takes, for example <c>cloudsql.instances.get</c>; null for none.</summary>
    public string? Permission { get; init; }

    /// <summary>The resource that the permission is for, with the route's parameters in braces, for example <c>instances/{instance}</c>.</summary>
    public string Resource { get; init; } = "projects/{project}";

    /// <summary>Its query parameters, without those that all methods have. Each is <c>name</c>, or <c>name:type</c> with int32, int64 or bool.</summary>
    public IReadOnlyList<string> Query { get; init; } = [];

    /// <summary>What its body may contain.</summary>
    public MessageSchema Body { get; init; } = MessageSchema.Empty;
}
