using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Engine.Backups;

/// <summary>What the JSON file beside a backup says of it.</summary>
internal sealed record BackupManifest
{
    internal const string Suffix = ".json";

    internal const int CurrentVersion = 1;

    // A manifest is a kilobyte. What is in the same folder and far larger is not read.
    private const long GreatestLength = 1 << 16;

    // Readable as it stands: no < or é as an escape. The file is no web page.
    private static readonly BackupJson Context = new(new JsonSerializerOptions(BackupJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public required int ManifestVersion { get; init; }

    /// <summary>The backup's name in the manifest's own folder.</summary>
    public required string File { get; init; }

    public required DatabaseEngine Engine { get; init; }

    public required BackupSource Source { get; init; }

    public required bool IsTableOnly { get; init; }

    public required BackupPurpose Purpose { get; init; }

    /// <summary>The moment whose content the backup has, in UTC.</summary>
    public required DateTime TakenAt { get; init; }

    public required long? Rows { get; init; }

    public required long Bytes { get; init; }

    public required string Sha256 { get; init; }

    public required string SchemaSha256 { get; init; }

    public required string EngineVersion { get; init; }

    /// <summary>The version of the module that made it.</summary>
    public required string ToolVersion { get; init; }

    internal byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Context.BackupManifest), (byte)'\n'];

    /// <summary>Reads a backup's manifest strictly.</summary>
    /// <exception cref="SwarmArchiveException">It is missing, cannot be read, or is none of this backup.</exception>
    internal static BackupManifest Read(string backupPath)
    {
        var path = backupPath + Suffix;
        byte[] json;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > GreatestLength }) throw Errors.BackupManifestInvalid(path, "it is far too long");
            json = System.IO.File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Errors.BackupManifestNotFound(backupPath, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.BackupManifestInvalid(path, exception.Message, exception);
        }

        try
        {
            var manifest = JsonSerializer.Deserialize(json, Context.BackupManifest) ?? throw Errors.BackupManifestInvalid(path, "it is null");
            if (manifest.ManifestVersion != CurrentVersion)
                throw Errors.BackupManifestInvalid(path, FormattableString.Invariant($"its manifestVersion is {manifest.ManifestVersion}, and {CurrentVersion} is expected"));
            if (manifest.File != Path.GetFileName(backupPath)) throw Errors.BackupManifestInvalid(path, $"it is the manifest of '{manifest.File}'");
            if (manifest.Source.Describe(manifest.Engine) is null) throw Errors.BackupManifestInvalid(path, "its source lacks the path, or the database and its host and port or its instance");
            return manifest;
        }
        catch (JsonException exception)
        {
            throw Errors.BackupManifestInvalid(path, FormattableString.Invariant($"line {exception.LineNumber + 1}, {exception.Path ?? "$"}: it is not what Backup-SwarmDatabase writes"), exception);
        }
    }
}

/// <summary>Which database a backup is of: its place, without a password.</summary>
internal sealed record BackupSource
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Path { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Host { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Port { get; init; }

    /// <summary>The Cloud SQL instance that is reached by its name, <c>project:region:name</c>; it has no host and port.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Instance { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Database { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? User { get; init; }

    internal static BackupSource Of(SwarmDatabase database) => new()
    {
        Path = database.Path,
        Host = database.Host,
        Port = database.Port,
        Instance = database.InstanceConnectionName,
        Database = database.Database,
        User = database.User,
    };

    /// <summary>Whether it is the same place, whoever logs in.</summary>
    internal bool IsPlaceOf(BackupSource other) => this with { User = null } == other with { User = null };

    /// <summary>The database, without what a connection needs besides; <see langword="null"/> where a part is missing.</summary>
    internal SwarmDatabase? Describe(DatabaseEngine engine) => engine switch
    {
        DatabaseEngine.Sqlite when Path is not null => new SwarmDatabase(engine) { Path = Path },
        DatabaseEngine.PostgreSql when Host is not null && Port is not null && Database is not null
            => new SwarmDatabase(engine) { Host = Host, Port = Port, Database = Database, User = User },
        DatabaseEngine.PostgreSql when Instance is not null && Database is not null
            => new SwarmDatabase(engine) { InstanceConnectionName = Instance, Database = Database, User = User },
        _ => null,
    };
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true,
    Converters = [typeof(NameConverter<DatabaseEngine>), typeof(NameConverter<BackupPurpose>)])]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJson : JsonSerializerContext;
