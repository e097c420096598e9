using System.Text;

namespace MarketingSwarm.Engine.Proof;

/// <summary>What the residue holds of one row of the source.</summary>
internal sealed class ResidueRow
{
    /// <summary>Which run, the newest being 0.</summary>
    internal required int Run { get; init; }

    /// <summary>The row's rowid in the source.</summary>
    internal long? RowId { get; init; }

    /// <summary>The key under which the row is in the table; <see langword="null"/> where it is not.</summary>
    internal byte[]? TargetId { get; init; }

    /// <summary>The entries, by column.</summary>
    internal ResidueEntry?[] Entries { get; } = new ResidueEntry?[ConversationTable.ColumnCount];

    internal ResidueEntry? this[ConversationColumn column] => Entries[(int)column];

    /// <summary>Whether the residue says that the row is in no table.</summary>
    internal bool IsQuarantined => Array.Exists(Entries, entry => entry is { Outcome: nameof(CellOutcome.RowQuarantined) });

    /// <summary>The source's key as the residue has it.</summary>
    internal ConversationCell Key => this[ConversationColumn.Id] is { } entry ? entry.ToCell() : TargetId is { } id ? ConversationCell.OfText(id) : ConversationCell.OfNull();

    internal byte[] Write()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        foreach (var entry in Entries)
        {
            writer.Write(entry is not null);
            if (entry is null) continue;
            writer.Write(entry.Outcome);
            writer.Write(entry.Rule);
            writer.Write((byte)entry.StorageClass);
            writer.Write(entry.Original.Length);
            writer.Write(entry.Original);
            writer.Write(entry.Stored?.Length ?? -1);
            writer.Write(entry.Stored ?? []);
        }

        writer.Flush();
        return bytes.ToArray();
    }

    internal void Read(ReadOnlySpan<byte> payload)
    {
        using var reader = new BinaryReader(new MemoryStream(payload.ToArray()), Encoding.UTF8);
        for (var i = 0; i < Entries.Length; i++)
        {
            if (!reader.ReadBoolean()) continue;
            var outcome = reader.ReadString();
            var rule = reader.ReadString();
            var storageClass = (StorageClass)reader.ReadByte();
            var original = reader.ReadBytes(reader.ReadInt32());
            var length = reader.ReadInt32();
            Entries[i] = new ResidueEntry(outcome, rule, storageClass, original, length < 0 ? null : reader.ReadBytes(length));
        }
    }
}

/// <summary>An entry of the residue.</summary>
/// <param name="Outcome">A name of <see cref="CellOutcome"/>.</param>
/// <param name="Rule">A name of <see cref="ConversionRule"/>.</param>
/// <param name="StorageClass">The original's; 0 where the entry names none that there is.</param>
/// <param name="Original">The original's bytes, a number's eight big-endian; none of NULL.</param>
/// <param name="Stored">What is stored instead, as PostgreSQL's binary format has it; <see langword="null"/> for NULL.</param>
internal sealed record ResidueEntry(string Outcome, string Rule, StorageClass StorageClass, byte[] Original, byte[]? Stored)
{
    internal bool Is(ConversionRule rule) => Rule == rule.ToString();

    internal bool IsOriginal(StorageClass storageClass, ReadOnlySpan<byte> bytes) => StorageClass == storageClass && Original.AsSpan().SequenceEqual(bytes);

    /// <summary>The original, as far as the entry makes sense.</summary>
    internal ConversationCell ToCell()
        => StorageClass is StorageClass.Integer or StorageClass.Real && Original.Length != 8
            ? ConversationCell.OfBlob(Original)
            : RowBuffer.ToCell(StorageClass, Original);
}
