namespace MarketingSwarm;

/// <summary>The certificate of a migration, as New-SwarmMigrationReport wrote it.</summary>
public sealed class MigrationReport
{
    internal MigrationReport()
    {
    }

    /// <summary>The certificate, JSON.</summary>
    public required string Path { get; init; }

    /// <summary>The hashes of every cell, beside it, by which Test-SwarmMigration names a cell that differs.</summary>
    public required string CellsPath { get; init; }

    /// <summary>The page for people; <see langword="null"/> where none was asked for.</summary>
    public string? HtmlPath { get; init; }

    /// <summary>The migration.</summary>
    public required Guid RunId { get; init; }

    /// <summary>The backup that the certificate refers to.</summary>
    public required string BackupPath { get; init; }

    /// <summary>The rows of the source.</summary>
    public long Rows { get; init; }

    /// <summary>The Merkle root of the rows, the same of both sides, in lower-case hexadecimal.</summary>
    public required string Root { get; init; }

    /// <summary>The certificate's seal: keep it elsewhere, and an edited certificate is found even where its own seal was edited with it.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The certificate's path.</summary>
    public override string ToString() => Path;
}
