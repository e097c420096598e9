using System.Text.RegularExpressions;
using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Engine.Configuration;

/// <summary>Finds out which database a name, or the environment without one, means.</summary>
internal static partial class DatabaseResolver
{
    /// <summary>The file that the application uses where the environment says nothing.</summary>
    internal const string DefaultFile = "test_marketing_swarm.db";

    private static readonly string[] ArchiveEndings = [".json", ".ndjson", ".jsonl"];

    /// <summary>Resolves a name; without one the environment decides as it does for the application.</summary>
    /// <exception cref="SwarmConfigurationException">The name or a setting is wrong or missing.</exception>
    internal static SwarmDatabase Resolve(DatabaseReference? reference, ResolutionContext context)
        => reference switch
        {
            { Database: { } resolved } => ResolveAgain(resolved, context),
            { Name: { } name } => ResolveName(name, context),
            _ => ResolveEnvironment(context),
        };

    private static SwarmDatabase ResolveAgain(SwarmDatabase database, ResolutionContext context)
    {
        if (context.User is not { } user || database.Engine != DatabaseEngine.PostgreSql) return database;
        return database.WithLogin(user, context.Password is { Length: > 0 } password ? password : null, "-Credential");
    }

    private static SwarmDatabase ResolveName(string name, ResolutionContext context)
    {
        var source = new Setting(name, DatabaseUrl.GivenByName);
        if (DatabaseUrl.IsUrl(name)) return ResolveUrl(source, isImplied: false, environment: null, context);
        if (name.Any(char.IsControl)) throw Errors.NameHasControlCharacter(DatabaseUrl.Show(source));
        if (name.Trim() == ":memory:") throw Errors.SqliteInMemory(DatabaseUrl.Show(source));
        if (ConnectionString().IsMatch(name)) throw Errors.ConnectionStringNotAccepted(DatabaseUrl.Show(source));
        return ResolveFile(name, "path", isImplied: false, context);
    }

    private static SwarmDatabase ResolveUrl(Setting source, bool isImplied, EnvironmentSettings? environment, ResolutionContext context)
    {
        if (source.Value.TrimStart(' ').StartsWith("file:", StringComparison.OrdinalIgnoreCase)) return SqliteUrl.ResolveFileUri(source, context);
        var url = DatabaseUrl.Parse(source);
        return url.Dialect switch
        {
            "sqlite" => SqliteUrl.Resolve(url, isImplied, context),
            "cloudsql" => CloudSqlUrl.Resolve(url, isImplied, environment, context),
            _ => PostgresUrl.Resolve(url, isImplied, environment, context),
        };
    }

    private static SwarmDatabase ResolveFile(string path, string origin, bool isImplied, ResolutionContext context)
    {
        var fullPath = context.ResolvePath(path);
        var engine = IsArchive(fullPath) ? DatabaseEngine.Archive : DatabaseEngine.Sqlite;
        return new SwarmDatabase(engine)
        {
            Path = fullPath,
            IsImplied = isImplied,
            Origins = [new("Engine", engine.ToString(), origin), new("Path", fullPath, origin)],
            Warnings = [.. Warnings.ForCredential(context)],
        };
    }

    private static bool IsArchive(string path)
    {
        var unzipped = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return ArchiveEndings.Any(ending => unzipped.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
    }

    private static SwarmDatabase ResolveEnvironment(ResolutionContext context)
    {
        if (context.EnvironmentFile is { } named)
        {
            var file = EnvironmentFile.Read(context.ResolvePath(named), fileFirst: true, context);
            return ResolveVariables(EnvironmentSettings.OfNamedFile(context, file), file.Find, anyInstance: true, context)
                ?? throw Errors.EnvironmentFileNamesNoDatabase(file.Path);
        }

        var process = EnvironmentSettings.OfProcess(context);
        if (ResolveVariables(process, process.Find, anyInstance: false, context) is { } database) return database;

        var path = context.ResolvePath(".env");
        if (File.Exists(path))
        {
            var file = EnvironmentFile.Read(path, fileFirst: false, context);
            if (ResolveVariables(EnvironmentSettings.OfDotEnv(context, file), file.Find, anyInstance: false, context) is { } found) return found;
        }

        return ResolveFile(DefaultFile, "default", isImplied: true, context);
    }

    /// <param name="variables">What the parts are taken from.</param>
    /// <param name="choose">What the choice is taken from.</param>
    /// <param name="anyInstance">Whether INSTANCE_CONNECTION_NAME without DATABASE_URL means Cloud Run, K_SERVICE or not.</param>
    /// <param name="context">The rest.</param>
    private static SwarmDatabase? ResolveVariables(
        EnvironmentSettings variables, Func<string, Setting?> choose, bool anyInstance, ResolutionContext context)
    {
        if (choose("K_SERVICE") is not null) return ResolveCloudRun(variables, context);
        if (choose("DATABASE_URL") is { } url)
        {
            return DatabaseUrl.IsUrl(url.Value)
                ? ResolveUrl(url, isImplied: true, variables, context)
                : throw Errors.UrlMalformed(DatabaseUrl.Show(url));
        }

        return anyInstance && choose("INSTANCE_CONNECTION_NAME") is not null ? ResolveCloudRun(variables, context) : null;
    }

    private static SwarmDatabase ResolveCloudRun(EnvironmentSettings variables, ResolutionContext context)
    {
        const string required = "INSTANCE_CONNECTION_NAME";
        var instance = variables.Find(required) ?? throw Errors.EnvironmentVariableMissing(required, variables.Describe(required));
        if (!InstanceName.TryParse(instance.Value, out _)) throw Errors.InstanceNameInvalid(instance.Value, instance.Origin);
        var host = new Setting("/cloudsql/" + instance.Value, instance.Origin, instance.Warning);
        var settings = new PostgresSettings(new Setting(host.Value, instance.Origin), host.Value)
        {
            Host = host,
            User = variables.Find("DB_USER") ?? new Setting("app_user", "default"),
            Database = variables.Find("DB_NAME") ?? new Setting("marketing_swarm", "default"),
            Environment = variables,
        };
        foreach (var part in new[] { settings.User, settings.Database })
            if (part.Value.Any(char.IsControl)) throw Errors.EnvironmentVariableHasControlCharacter(part.Origin);
        return settings.Complete(isImplied: true, context);
    }

    // 'host=… dbname=…' of libpq and 'Host=…;Password=…' of .NET.
    [GeneratedRegex(@"(^|[\s;])(host|hostaddr|server|data source|user id|username|dbname|password|pwd)\s*=", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ConnectionString();
}
