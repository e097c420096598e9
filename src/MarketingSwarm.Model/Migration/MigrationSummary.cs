namespace MarketingSwarm;

/// <summary>
///   How a migration ended. Rows read = loaded + skipped + quarantined, or it would have failed. The exit code is for a script to end
///   with: <c>exit $summary.ExitCode</c>.
/// </summary>
public sealed class MigrationSummary
{
    internal MigrationSummary()
    {
    }

    /// <summary>The run's name in the target's <c>swarm_migration</c>.</summary>
    public required Guid RunId { get; init; }

    /// <summary>The file that was read.</summary>
    public required SwarmDatabase Source { get; init; }

    /// <summary>The database that was written.</summary>
    public required SwarmDatabase Destination { get; init; }

    /// <summary>The table, with its schema.</summary>
    public required string Table { get; init; }

    /// <summary>How far the run has come.</summary>
    public required MigrationState State { get; init; }

    /// <summary>Rows read from the source, those of earlier attempts of the same run among them.</summary>
    public long Read { get; init; }

    /// <summary>Rows in the table because of this run.</summary>
    public long Loaded { get; init; }

    /// <summary>Rows left as they were in the table.</summary>
    public long Skipped { get; init; }

    /// <summary>Rows that are in the residue alone.</summary>
    public long Quarantined { get; init; }

    /// <summary>Cells stored by a conversion that can be turned back; each is in the residue as it was.</summary>
    public long CellsConverted { get; init; }

    /// <summary>Cells of loaded rows that could not be stored: the column has NULL, the residue has the cell.</summary>
    public long CellsQuarantined { get; init; }

    /// <summary>The bytes of the cells read.</summary>
    public long Bytes { get; init; }

    /// <summary>Rows that an earlier attempt of this run had loaded already.</summary>
    public long RowsResumed { get; init; }

    /// <summary>
    ///   Whether all rows are of one moment. False where the file is in rollback-journal mode, too large to be copied in time, and was
    ///   written while it was read: then the rows written meanwhile come with the next delta.
    /// </summary>
    public bool IsConsistent { get; init; } = true;

    /// <summary>Whether the target was read back and every row and every cell of the residue found to be what was read.</summary>
    public bool IsProven { get; init; }

    /// <summary>What the proof found, of the rows that the run loaded. A run that was complete already is proven again.</summary>
    public required ProofResult Proof { get; init; }

    /// <summary>The sum of the rows' hashes, as hexadecimal digits; the same on both sides of a proven migration.</summary>
    public string? Digest { get; init; }

    /// <summary>How often work was done again after an error that passed by itself.</summary>
    public int Retries { get; init; }

    /// <summary>What was done, in order, and how long each part took.</summary>
    public required IReadOnlyList<MigrationPhase> Phases { get; init; }

    /// <summary>From the beginning to the end.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Rows loaded a second while loading.</summary>
    public double RowsPerSecond => LoadSeconds > 0 ? (Read - RowsResumed) / LoadSeconds : 0;

    /// <summary>Megabytes (10^6 bytes) of cells a second while loading.</summary>
    public double MegabytesPerSecond => LoadSeconds > 0 && Read > 0 ? Bytes / 1e6 * (Read - RowsResumed) / Read / LoadSeconds : 0;

    /// <summary>0: every row is in the table as it was. 2: it needs attention: something is quarantined, or the rows are not of one moment. A migration that fails gives no summary but an error.</summary>
    public int ExitCode { get; init; }

    private double LoadSeconds => Phases.FirstOrDefault(phase => phase.Name == "Load")?.Duration.TotalSeconds ?? 0;

    /// <summary>The counts in a line.</summary>
    public override string ToString()
        => FormattableString.Invariant($"{Read} read = {Loaded} loaded + {Skipped} skipped + {Quarantined} quarantined, exit code {ExitCode}");
}

/// <summary>A part of a migration.</summary>
/// <param name="Name">Plan, Initialize, Check, Load, Index, Verify or Publish.</param>
/// <param name="Duration">How long it took.</param>
public sealed record MigrationPhase(string Name, TimeSpan Duration)
{
    /// <summary>The name and the seconds.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name} {Duration.TotalSeconds:0.0} s");
}
