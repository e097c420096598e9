namespace MarketingSwarm;

/// <summary>
///   A cell that is not in the target's table as it was in the source, as <c>swarm_migration.residue</c> keeps it: the original with its
///   storage class, why it is here, and what the table was given instead.
/// </summary>
public sealed class ResidueCell
{
    internal ResidueCell()
    {
    }

    /// <summary>The run that put it there.</summary>
    public required Guid RunId { get; init; }

    /// <summary>The number of its chunk in the run.</summary>
    public int Chunk { get; init; }

    /// <summary>The place of its row in the chunk, from 0 on.</summary>
    public int RowNumber { get; init; }

    /// <summary>The row's rowid in the source; <see langword="null"/> where it had none.</summary>
    public long? RowId { get; init; }

    /// <summary>The key under which the row is in the table; <see langword="null"/> where the whole row is in the residue alone.</summary>
    public string? Id { get; init; }

    /// <summary>The cell's column.</summary>
    public required ConversationColumn Column { get; init; }

    /// <summary>What became of the cell.</summary>
    public required CellOutcome Outcome { get; init; }

    /// <summary>The rule by which.</summary>
    public required ConversionRule Rule { get; init; }

    /// <summary>What about the cell, in a few words.</summary>
    public required string Reason { get; init; }

    /// <summary>The cell as the source had it, with its storage class.</summary>
    public required ConversationCell Original { get; init; }

    /// <summary>
    ///   What the table was given instead: a <see cref="string"/>, a <see cref="DateTime"/> in UTC, a <see cref="double"/>, or <see langword="null"/>. The
    ///   application may have changed it since.
    /// </summary>
    public object? Stored { get; init; }

    /// <summary>Where the cell was and why it is here.</summary>
    public override string ToString()
        => FormattableString.Invariant($"{(Id is { } id ? $"'{id}'" : RowId is { } rowId ? $"rowid {rowId}" : $"row {RowNumber} of chunk {Chunk}")} {ConversationTable.NameOf(Column)}: {Rule}, {Reason}");
}
