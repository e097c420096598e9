using System.Text;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>The databases of an instance.</summary>
internal static class CloudSqlDatabases
{
    private const string CreateOperation = "CREATE_DATABASE";

    // PostgreSQL's NAMEDATALEN - 1 (https://www.postgresql.org/docs/15/sql-syntax-lexical.html): a longer name would be cut, and is another then.
    private const int LongestName = 63;

    /// <summary>The request that makes a database.</summary>
    internal static GoogleRequest Insert(string project, string instance, string name, string? charset, string? collation)
    {
        RequireName("database", name);
        var body = new JsonObject { ["name"] = name };
        if (charset is not null) body["charset"] = charset;
        if (collation is not null) body["collation"] = collation;
        return CloudSqlRequests.InsertDatabase(project, instance, body);
    }

    /// <summary>All databases of an instance.</summary>
    internal static async Task<JsonObject[]> ListAsync(IGoogleApi api, string project, string instance, CancellationToken cancellationToken)
        => [.. (await api.SendAsync(CloudSqlRequests.ListDatabases(project, instance), cancellationToken).ConfigureAwait(false)).Items("items")];

    /// <summary>The database as Google describes it; null where it is not there.</summary>
    internal static async Task<JsonObject?> FindAsync(IGoogleApi api, string project, string instance, string name, CancellationToken cancellationToken)
        => (await ListAsync(api, project, instance, cancellationToken).ConfigureAwait(false)).FirstOrDefault(database => database.Text("name") == name);

    /// <summary>Sends a request of <see cref="Insert"/>; the operation is not waited for.</summary>
    /// <returns>The operation; null where the database turned out to be there already.</returns>
    internal static Task<JsonObject?> StartAsync(
        IGoogleApi api, string project, string instance, string name, GoogleRequest request, TimeSpan timeout, CancellationToken cancellationToken)
        => new InstanceChange(api, project, instance, timeout).SendAsync(request, CreateOperation, IsThere(api, project, instance, name), cancellationToken);

    /// <summary>Sends a request of <see cref="Insert"/> and waits until the database is there.</summary>
    internal static Task CreateAsync(
        IGoogleApi api, string project, string instance, string name, GoogleRequest request, TimeSpan timeout, CancellationToken cancellationToken)
        => new InstanceChange(api, project, instance, timeout).ApplyAsync(request, CreateOperation, IsThere(api, project, instance, name), cancellationToken);

    internal static CloudSqlDatabase ToDatabase(string project, string instance, JsonObject database, CloudAction? action = null) => new()
    {
        Project = database.Text("project") ?? project,
        Instance = database.Text("instance") ?? instance,
        Name = database.Text("name") ?? "",
        Charset = database.Text("charset"),
        Collation = database.Text("collation"),
        Action = action,
        Json = SecretFields.Mask(database).ToJsonString(),
    };

    /// <exception cref="SwarmConfigurationException">The database that is there has another encoding or collation.</exception>
    internal static void RequireSame(string instance, JsonObject database, string? charset, string? collation)
    {
        var name = database.Text("name")!;
        if (charset is not null && database.Text("charset") is { } is1 && Plain(is1) != Plain(charset))
            throw Errors.CloudDatabaseDiffers(instance, name, "encoding", is1, charset);
        if (collation is not null && database.Text("collation") is { } is2 && Plain(is2) != Plain(collation))
            throw Errors.CloudDatabaseDiffers(instance, name, "collation", is2, collation);
    }

    /// <exception cref="SwarmConfigurationException">PostgreSQL could not keep the name as it is.</exception>
    internal static void RequireName(string kind, string name)
    {
        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes is 0 or > LongestName || name.Any(char.IsControl)) throw Errors.CloudNameMalformed(kind, name, bytes);
    }

    private static Func<CancellationToken, Task<bool>> IsThere(IGoogleApi api, string project, string instance, string name)
        => async token => await FindAsync(api, project, instance, name, token).ConfigureAwait(false) is not null;

    // The same encoding is UTF8, utf8 and UTF-8.
    private static string Plain(string name) => name.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
}
