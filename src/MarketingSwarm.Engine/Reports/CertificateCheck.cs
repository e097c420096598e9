using System.Security.Cryptography;
using System.Text;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Reports;

/// <summary>Proves a certificate again from itself and the backup alone.</summary>
internal sealed class CertificateCheck(Certificate certificate, string path, string backupPath)
{
    // As many as a line shows.
    private const int GreatestNamed = 3;

    /// <summary>One check after another; each says what it found.</summary>
    internal IEnumerable<MigrationCheck> Run(CancellationToken cancellationToken)
    {
        yield return Check(
            "Certificate", "the certificate is as it was sealed", certificate.ComputeSha256() == certificate.Sha256,
            $"its SHA-256 is {certificate.ComputeSha256()}, and it says {certificate.Sha256}", certificate.Sha256);
        yield return Check(
            "Plan", "the plan is the one that the run kept", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(certificate.Plan))) == certificate.PlanSha256,
            "its SHA-256 is another", certificate.PlanSha256);
        var broken = FindBrokenLedger();
        yield return Check("Ledger", "every row of the ledger follows the one before it", broken is null, broken ?? "", FormattableString.Invariant($"{certificate.Chunks.Count} chunks, {certificate.Generations.Count} generations"));
        yield return Check(
            "Roots", "both sides had the same rows", certificate.Rows.SourceRoot == certificate.Rows.TargetRoot,
            $"the source's root is {certificate.Rows.SourceRoot}, the target's {certificate.Rows.TargetRoot}", certificate.Rows.TargetRoot);
        foreach (var check in CheckBackup(cancellationToken)) yield return check;
    }

    private IEnumerable<MigrationCheck> CheckBackup(CancellationToken cancellationToken)
    {
        const string Wanted = "the backup is the file that was certified";
        if (!File.Exists(backupPath))
        {
            yield return Check("Backup", Wanted, false, $"'{backupPath}' does not exist", "");
            yield break;
        }

        var sha256 = CellHashes.Hash(backupPath);
        yield return Check("Backup", Wanted, sha256 == certificate.Backup.Sha256, $"its SHA-256 is {sha256}, and that of the certified file is {certificate.Backup.Sha256}", sha256);
        yield return CheckRows(cancellationToken);
    }

    private MigrationCheck CheckRows(CancellationToken cancellationToken)
    {
        const string Wanted = "the rows of the backup have the certified root";
        try
        {
            using var source = SqliteSource.Open(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = backupPath }, cancellationToken);
            var limits = new ConversionSettings
            {
                IsRequired = [.. certificate.IsRequired],
                GreatestLength = [.. certificate.GreatestLength.Select(length => length < 0 ? int.MaxValue : length)],
            };
            var (index, counts) = CertifiedSource.Read(source, PlanFile.FromJson(certificate.Plan), limits, cancellationToken);
            var root = Convert.ToHexStringLower(MerkleTree.ComputeRoot(index.Entries.Select(entry => entry.Hash)));
            return Check(
                "Rows", Wanted, root == certificate.Rows.SourceRoot && counts.Rows == certificate.Rows.Rows, DescribeDifferences(source, cancellationToken),
                FormattableString.Invariant($"{counts.Rows} rows: {counts.Loaded} loaded, {counts.Quarantined} quarantined"));
        }
        catch (SwarmException exception)
        {
            return Check("Rows", Wanted, false, exception.Message, "");
        }
    }

    private string DescribeDifferences(SqliteSource source, CancellationToken cancellationToken)
    {
        var cells = path + CertificateBuilder.CellsSuffix;
        if (!File.Exists(cells) || CellHashes.Hash(cells) != certificate.CellsSha256) return $"the root is another; '{cells}', which would name the cells, is gone or was changed";
        var found = CellHashes.FindDifferences(cells, source, cancellationToken).ToList();
        return found.Count == 0
            ? "the root is another, and every cell is as it was: the certificate's own root was changed"
            : string.Join("; ", found.Take(GreatestNamed)) + (found.Count > GreatestNamed ? FormattableString.Invariant($"; and {found.Count - GreatestNamed} more") : "");
    }

    private string? FindBrokenLedger()
    {
        var check = new LedgerCheck(certificate.RunId);
        foreach (var chunk in certificate.Chunks)
        {
            var row = new LedgerRow
            {
                Chunk = chunk.Chunk,
                Lane = chunk.Lane,
                Withdraws = chunk.Withdraws,
                AfterPosition = chunk.AfterPosition is { } afterPosition ? Convert.FromHexString(afterPosition) : null,
                LastPosition = chunk.LastPosition is { } lastPosition ? Convert.FromHexString(lastPosition) : null,
                RowsRead = chunk.Counts[0],
                RowsLoaded = chunk.Counts[1],
                RowsSkipped = chunk.Counts[2],
                RowsQuarantined = chunk.Counts[3],
                CellsConverted = chunk.Counts[4],
                CellsQuarantined = chunk.Counts[5],
                Bytes = chunk.Counts[6],
                SourceHash = chunk.SourceHash,
                RowKeysHash = chunk.RowKeysHash,
                RowIdsHash = chunk.RowIdsHash,
            };
            if (!check.Add(row, chunk.PreviousHash, chunk.Hash)) return FormattableString.Invariant($"chunk {chunk.Chunk} does not, or was changed");
        }

        var head = Convert.FromHexString(certificate.LedgerHead);
        if (!check.IsComplete(head)) return "a chunk was taken out at the end, or the head was changed";
        var generations = certificate.Generations.Select(entry => new GenerationEntry(
            new Generation
            {
                Number = entry.Number,
                Kind = Enum.Parse<GenerationKind>(entry.Kind),
                Chunk = entry.Chunk,
                Rows = entry.Counts[0],
                RowsLoaded = entry.Counts[1],
                RowsQuarantined = entry.Counts[2],
                CellsConverted = entry.Counts[3],
                CellsQuarantined = entry.Counts[4],
                Inserted = entry.Counts[5],
                Updated = entry.Counts[6],
                Deleted = entry.Counts[7],
                IsConsistent = entry.IsConsistent,
                DeletedKeysHash = entry.DeletedKeysHash,
                Digest = entry.Digest,
                LedgerHead = entry.LedgerHead,
                PreviousHash = entry.PreviousHash,
            },
            entry.Hash, entry.CommittedAt)).ToList();
        return Generations.AreIntact(certificate.RunId, generations, head, check.Deltas) ? null : "a generation was changed, added or taken out";
    }

    private MigrationCheck Check(string name, string expected, bool passed, string found, string evidence) => new()
    {
        Name = name,
        Passed = passed,
        Expected = expected,
        Actual = passed ? evidence : found,
        RecommendedAction = passed ? null : "Do not trust it: find the certificate and the backup as they were made.",
        Source = new SwarmDatabase(DatabaseEngine.Sqlite) { Path = backupPath },
        Destination = new SwarmDatabase(DatabaseEngine.PostgreSql) { Host = certificate.Destination },
    };
}
