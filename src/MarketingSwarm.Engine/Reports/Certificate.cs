using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MarketingSwarm.Engine.Reports;

/// <summary>
///   What a migration leaves as its proof: what was migrated by which plan, the ledger, and the roots of both sides' rows at one moment.
///   Whoever has it and the backup that it names can prove again, without a server, that the backup's rows are those. It does not say who made it.
/// </summary>
internal sealed record Certificate
{
    internal const int CurrentVersion = 1;

    public required int CertificateVersion { get; init; }

    public required DateTime CreatedAt { get; init; }

    public required string ModuleVersion { get; init; }

    public required string Source { get; init; }

    public required string Destination { get; init; }

    public required string Table { get; init; }

    public required string ServerVersion { get; init; }

    public required Guid RunId { get; init; }

    public required DateTime StartedAt { get; init; }

    public required DateTime? EndedAt { get; init; }

    /// <summary>The plan as the run kept it, by which the rows of the backup are judged again.</summary>
    public required string Plan { get; init; }

    public required string PlanSha256 { get; init; }

    /// <summary>For each column whether the target refused NULL there.</summary>
    public required IReadOnlyList<bool> IsRequired { get; init; }

    /// <summary>For each column the greatest length that the target's indexes took; -1 for any.</summary>
    public required IReadOnlyList<int> GreatestLength { get; init; }

    public required CertifiedRows Rows { get; init; }

    public required CertifiedBackup Backup { get; init; }

    public CertifiedCutover? Cutover { get; init; }

    /// <summary>The ledger's rows, in the order of their numbers.</summary>
    public required IReadOnlyList<CertifiedChunk> Chunks { get; init; }

    public required IReadOnlyList<CertifiedGeneration> Generations { get; init; }

    public required string LedgerHead { get; init; }

    /// <summary>The SHA-256 of the file with the hashes of every cell of the backup, beside the certificate.</summary>
    public required string CellsSha256 { get; init; }

    /// <summary>SHA-256 over the certificate's JSON with this property empty.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The certificate as it is saved, sealed.</summary>
    internal static byte[] Seal(Certificate certificate)
        => JsonSerializer.SerializeToUtf8Bytes(certificate with { Sha256 = certificate.ComputeSha256() }, CertificateJson.Default.Certificate);

    /// <summary>Reads what <see cref="Seal"/> made, edited or not.</summary>
    /// <exception cref="SwarmConfigurationException">It is no certificate.</exception>
    internal static Certificate Read(string path)
    {
        try
        {
            var certificate = JsonSerializer.Deserialize(File.ReadAllBytes(path), CertificateJson.Default.Certificate) ?? throw Errors.CertificateInvalid(path, "it is empty");
            return certificate.CertificateVersion == CurrentVersion ? certificate
                : throw Errors.CertificateInvalid(path, FormattableString.Invariant($"its certificateVersion is {certificate.CertificateVersion}, and {CurrentVersion} is expected"));
        }
        catch (JsonException exception)
        {
            throw Errors.CertificateInvalid(path, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.CertificateNotRead(path, exception);
        }
    }

    /// <summary>The SHA-256 that <see cref="Sha256"/> should be.</summary>
    internal string ComputeSha256() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this with { Sha256 = "" }, CertificateJson.Default.Certificate)));
}

/// <summary>What both sides had.</summary>
internal sealed record CertifiedRows
{
    public required long Rows { get; init; }

    public required long Loaded { get; init; }

    public required long Quarantined { get; init; }

    public required long CellsConverted { get; init; }

    public required long CellsQuarantined { get; init; }

    /// <summary>The Merkle root of the source's rows, judged anew from the backup.</summary>
    public required string SourceRoot { get; init; }

    /// <summary>The Merkle root of the target's rows, read back from the table and the residue.</summary>
    public required string TargetRoot { get; init; }
}

/// <summary>The backup that has the source's rows of that moment.</summary>
internal sealed record CertifiedBackup(string File, string Sha256, long Bytes, DateTime TakenAt);

/// <summary>The cutover, where there was one.</summary>
internal sealed record CertifiedCutover(Guid CutoverId, string State, DateTime? FencedAt, double? FenceMilliseconds, int? Generation, int Attempts, long LateRows, int Conflicts);

/// <summary>A row of the ledger, with all that its hash covers.</summary>
internal sealed record CertifiedChunk
{
    public required int Chunk { get; init; }

    public required int Lane { get; init; }

    public required int? Withdraws { get; init; }

    /// <summary>In hexadecimal, as the next; <see langword="null"/> where there is none.</summary>
    public required string? AfterPosition { get; init; }

    public required string? LastPosition { get; init; }

    public required long[] Counts { get; init; }

    public required byte[] SourceHash { get; init; }

    public required byte[] RowKeysHash { get; init; }

    public required byte[] RowIdsHash { get; init; }

    public required byte[] PreviousHash { get; init; }

    public required byte[] Hash { get; init; }
}

/// <summary>A generation, with all that its hash covers.</summary>
internal sealed record CertifiedGeneration
{
    public required int Number { get; init; }

    public required string Kind { get; init; }

    public required int Chunk { get; init; }

    public required long[] Counts { get; init; }

    public required bool IsConsistent { get; init; }

    public required byte[] DeletedKeysHash { get; init; }

    public required byte[] Digest { get; init; }

    public required byte[] LedgerHead { get; init; }

    public required byte[] PreviousHash { get; init; }

    public required byte[] Hash { get; init; }

    public required DateTime CommittedAt { get; init; }
}

/// <summary>The saved form: camelCase, binary values in base 64.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Certificate))]
internal sealed partial class CertificateJson : JsonSerializerContext;
