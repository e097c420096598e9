using System.Security.Cryptography;
using System.Text;
using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Backups;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Cutover;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;
using Npgsql;

namespace MarketingSwarm.Engine.Reports;

/// <summary>Makes the certificate of a migration and its report, from the target's record and a backup of the source.</summary>
internal static class CertificateBuilder
{
    /// <summary>What the file with the cells' hashes adds to the certificate's name.</summary>
    internal const string CellsSuffix = ".cells";

    // As much of the residue as a page shows.
    private const int GreatestResidue = 200;

    /// <summary>Makes them.</summary>
    /// <param name="destination">The target.</param>
    /// <param name="backupPath">The backup; <see langword="null"/> for that of the fence.</param>
    /// <param name="path">The certificate's full path.</param>
    /// <param name="htmlPath">The page's full path; <see langword="null"/> for none.</param>
    /// <param name="checks">What Test-SwarmMigration has found.</param>
    /// <param name="cancellationToken">Ends the work; then no file is made.</param>
    /// <exception cref="SwarmException">There is no complete migration, no backup, or both sides do not have the same rows.</exception>
    internal static async Task<MigrationReport> BuildAsync(
        SwarmDatabase destination, string? backupPath, string path, string? htmlPath, IReadOnlyList<MigrationCheck> checks, CancellationToken cancellationToken)
    {
        if (destination.Engine != DatabaseEngine.PostgreSql) throw Errors.NoLedgerInFiles(destination);
        try
        {
            await using var connection = await PostgresConnector.OpenAsync(destination, cancellationToken);
            var schema = await TargetTable.FindSchemaAsync(connection, cancellationToken) ?? throw Errors.NothingToSync(destination);
            var run = await Ledger.FindRunAsync(connection, destination, schema, cancellationToken) ?? throw Errors.NothingToSync(destination);
            if (run.State != MigrationState.Completed) throw Errors.MigrationNotComplete(destination, run.RunId, run.State);
            var record = await CutoverStore.FindAsync(connection, run.RunId, cancellationToken);
            backupPath ??= record?.FenceBackupPath ?? throw Errors.ReportNeedsBackup(destination);
            var backup = BackupStore.Find(backupPath);
            BackupStore.Verify(backup, cancellationToken);
            var table = await PostgresTable.ReadTargetAsync(connection, destination, cancellationToken);
            var limits = ConversionSettings.ForTarget(table);
            using var source = SqliteSource.Open(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = backup.Path }, cancellationToken);
            var (sourceIndex, counts) = CertifiedSource.Read(source, PlanFile.FromJson(run.Plan), limits, cancellationToken);
            var sourceRoot = Convert.ToHexStringLower(MerkleTree.ComputeRoot(sourceIndex.Entries.Select(entry => entry.Hash)));
            // The target's of the fence was read back from the snapshot of that moment; the application has written to it since.
            var isFenced = record?.FenceBackupSha256 == backup.Sha256 && record.TargetRoot is not null;
            var targetRoot = isFenced ? Convert.ToHexStringLower(record!.TargetRoot!) : await ReadTargetRootAsync(connection, run, limits, cancellationToken);
            if (sourceRoot != targetRoot) throw Errors.CertificateSidesDiffer(destination, backup.Path, sourceIndex.Count, counts.Loaded);

            var chunks = await Ledger.ReadAsync(connection, run.RunId, cancellationToken);
            var generations = await Generations.ReadAsync(connection, run.RunId, cancellationToken);
            var facts = await ReadFactsAsync(connection, run.RunId, cancellationToken);
            var cutover = record is null ? null : await Cutover.DescribeAsync(connection, destination, record, cancellationToken);
            var cells = WriteTemporary(path + CellsSuffix, temporary => CellHashes.Write(source, temporary, cancellationToken));
            var certificate = new Certificate
            {
                CertificateVersion = Certificate.CurrentVersion,
                CreatedAt = DateTime.UtcNow,
                ModuleVersion = typeof(Certificate).Assembly.GetName().Version!.ToString(3),
                Source = run.Source,
                Destination = destination.ToString(),
                Table = run.PublishedTable,
                ServerVersion = connection.PostgreSqlVersion.ToString(),
                RunId = run.RunId,
                StartedAt = facts.StartedAt,
                EndedAt = facts.EndedAt,
                Plan = run.Plan,
                PlanSha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(run.Plan))),
                IsRequired = limits.IsRequired,
                GreatestLength = [.. limits.GreatestLength.Select(length => length == int.MaxValue ? -1 : length)],
                Rows = new CertifiedRows
                {
                    Rows = counts.Rows,
                    Loaded = counts.Loaded,
                    Quarantined = counts.Quarantined,
                    CellsConverted = counts.CellsConverted,
                    CellsQuarantined = counts.CellsQuarantined,
                    SourceRoot = sourceRoot,
                    TargetRoot = targetRoot,
                },
                Backup = new CertifiedBackup(Path.GetFileName(backup.Path), backup.Sha256, backup.Bytes, backup.TakenAt),
                Cutover = cutover is null ? null : new CertifiedCutover(
                    cutover.CutoverId, cutover.State.ToString(), cutover.FencedAt, cutover.Fence?.TotalMilliseconds, cutover.Generation, cutover.Attempts, cutover.LateRows, cutover.Conflicts.Count),
                Chunks = [.. chunks.Select(Describe)],
                Generations = [.. generations.Select(Describe)],
                LedgerHead = Convert.ToHexStringLower(facts.LedgerHead),
                CellsSha256 = cells.Sha256,
                Sha256 = "",
            };
            var json = Certificate.Seal(certificate);
            var page = htmlPath is null ? null : new ReportPage(
                certificate with { Sha256 = certificate.ComputeSha256() }, PlanFile.FromJson(run.Plan), await ReadChunkTimesAsync(connection, run.RunId, cancellationToken), cutover,
                await ReadResidueAsync(connection, destination, run.RunId, cancellationToken), checks).Render();
            File.Move(cells.Temporary, path + CellsSuffix, overwrite: true);
            Write(path, json);
            if (page is not null) Write(htmlPath!, Encoding.UTF8.GetBytes(page));
            return new MigrationReport
            {
                Path = path,
                CellsPath = path + CellsSuffix,
                HtmlPath = htmlPath,
                RunId = run.RunId,
                BackupPath = backup.Path,
                Rows = counts.Rows,
                Root = sourceRoot,
                Sha256 = certificate.ComputeSha256(),
            };
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, destination);
        }
    }

    private static async Task<string> ReadTargetRootAsync(NpgsqlConnection connection, RunRecord run, ConversionSettings limits, CancellationToken cancellationToken)
    {
        var settings = PlanFile.FromJson(run.Plan).ToSettings(limits, new HashSet<long>());
        var index = await TargetIndex.ReadAsync(connection, run, settings, takesOthers: false, null, cancellationToken);
        return Convert.ToHexStringLower(MerkleTree.ComputeRoot(index.Entries.Select(entry => entry.Hash)));
    }

    private static async Task<(DateTime StartedAt, DateTime? EndedAt, byte[] LedgerHead)> ReadFactsAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT started_at, ended_at, ledger_head FROM {LedgerSchema.RunTable} WHERE run_id = $1", connection) { Parameters = { new() { Value = runId } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetDateTime(0), reader.IsDBNull(1) ? null : reader.GetDateTime(1), reader.GetFieldValue<byte[]>(2));
    }

    private static async Task<List<(DateTime At, long Rows, long Bytes)>> ReadChunkTimesAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT loaded_at, rows_loaded, bytes FROM {LedgerSchema.ChunkTable} WHERE run_id = $1 AND lane > 0 ORDER BY loaded_at", connection)
        {
            Parameters = { new() { Value = runId } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var chunks = new List<(DateTime, long, long)>();
        while (await reader.ReadAsync(cancellationToken)) chunks.Add((reader.GetDateTime(0), reader.GetInt64(1), reader.GetInt64(2)));
        return chunks;
    }

    private static async Task<List<ResidueCell>> ReadResidueAsync(NpgsqlConnection connection, SwarmDatabase destination, Guid runId, CancellationToken cancellationToken)
    {
        await LedgerReader.BeginAsync(connection, cancellationToken);
        var reader = await LedgerReader.OpenAsync(connection, destination, cancellationToken);
        List<ResidueCell> cells = [.. reader!.ReadResidue(new ResidueFilter { RunId = runId }, cancellationToken).Take(GreatestResidue)];
        await TargetTable.ExecuteAsync(connection, "COMMIT", cancellationToken);
        return cells;
    }

    private static CertifiedChunk Describe(LedgerEntry entry) => new()
    {
        Chunk = entry.Row.Chunk,
        Lane = entry.Row.Lane,
        Withdraws = entry.Row.Withdraws,
        AfterPosition = entry.Row.AfterPosition is { } afterPosition ? Convert.ToHexStringLower(afterPosition) : null,
        LastPosition = entry.Row.LastPosition is { } lastPosition ? Convert.ToHexStringLower(lastPosition) : null,
        Counts = [entry.Row.RowsRead, entry.Row.RowsLoaded, entry.Row.RowsSkipped, entry.Row.RowsQuarantined, entry.Row.CellsConverted, entry.Row.CellsQuarantined, entry.Row.Bytes],
        SourceHash = entry.Row.SourceHash,
        RowKeysHash = entry.Row.RowKeysHash,
        RowIdsHash = entry.Row.RowIdsHash,
        PreviousHash = entry.PreviousHash,
        Hash = entry.Hash,
    };

    private static CertifiedGeneration Describe(GenerationEntry entry) => new()
    {
        Number = entry.Row.Number,
        Kind = entry.Row.Kind.ToString(),
        Chunk = entry.Row.Chunk,
        Counts = [entry.Row.Rows, entry.Row.RowsLoaded, entry.Row.RowsQuarantined, entry.Row.CellsConverted, entry.Row.CellsQuarantined, entry.Row.Inserted, entry.Row.Updated, entry.Row.Deleted],
        IsConsistent = entry.Row.IsConsistent,
        DeletedKeysHash = entry.Row.DeletedKeysHash,
        Digest = entry.Row.Digest,
        LedgerHead = entry.Row.LedgerHead,
        PreviousHash = entry.Row.PreviousHash,
        Hash = entry.Hash,
        CommittedAt = entry.CommittedAt,
    };

    private static (string Temporary, string Sha256) WriteTemporary(string path, Func<string, string> write)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(path)!, PrivateFile.TemporaryName());
        try
        {
            return (temporary, write(temporary));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw Errors.ReportNotWritten(path, exception);
        }
    }

    private static void Write(string path, byte[] content)
    {
        var (temporary, _) = WriteTemporary(path, name =>
        {
            using var file = PrivateFile.Create(name);
            file.Write(content);
            file.Flush(flushToDisk: true);
            return "";
        });
        File.Move(temporary, path, overwrite: true);
    }
}
