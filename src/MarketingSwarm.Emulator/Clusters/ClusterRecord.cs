using System.Text.Json;
using System.Text.Json.Serialization;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>What is known of a cluster besides its data: the file cluster.json beside it, written last when a cluster is made.</summary>
internal sealed record ClusterRecord(
    string Project, string Instance, string DatabaseVersion, ClusterAddress Address, bool ShouldRun, IReadOnlyDictionary<string, string> Flags)
{
    [JsonIgnore]
    internal ClusterId Id => new(Project, Instance);

    internal static async Task<ClusterRecord> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync(stream, ClusterRecordJson.Default.ClusterRecord, cancellationToken)
            ?? throw new JsonException($"'{path}' is empty.");
    }

    /// <summary>Replaces the file as a whole: a process that is killed leaves the old one or the new one.</summary>
    internal async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        var temporary = path + ".new";
        await DatabaseAccount.WritePrivateFileAsync(temporary, JsonSerializer.Serialize(this, ClusterRecordJson.Default.ClusterRecord), cancellationToken);
        File.Move(temporary, path, overwrite: true);
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterRecord))]
internal sealed partial class ClusterRecordJson : JsonSerializerContext;
