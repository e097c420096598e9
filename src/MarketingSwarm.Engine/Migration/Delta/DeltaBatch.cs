using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>Rows that are new or changed, and keys of rows that are gone: what one transaction brings to the target.</summary>
/// <param name="settings">How rows are stored.</param>
/// <param name="refuse">Makes the error for a cell that cannot be stored; <see langword="null"/> where such cells go to the residue.</param>
internal sealed class DeltaBatch(ConversionSettings settings, Func<Conversation, ConversationColumn, string, Exception>? refuse)
{
    private readonly List<DeltaRow> _rows = [];
    private readonly HashSet<RowHash> _keys = [];

    /// <summary>The rows' cells, in the same order as <see cref="Rows"/>.</summary>
    internal RowChunk Chunk { get; } = new();

    internal IReadOnlyList<DeltaRow> Rows => _rows;

    /// <summary>Rows that the source no longer has.</summary>
    internal List<RowIndex.Entry> Deleted { get; } = [];

    internal bool IsEmpty => _rows.Count + Deleted.Count == 0;

    /// <summary>Adds a row, unless one of its key is there already.</summary>
    internal bool TryAdd(ConversationImage row, long? rowId, RowForm form, bool isKnown, bool hadResidue)
    {
        var key = form.Key.ToArray();
        Span<byte> hash = stackalloc byte[RowHash.Length];
        System.Security.Cryptography.SHA256.HashData(key, hash);
        if (!_keys.Add(RowHash.Read(hash))) return false;
        Chunk.Add(row.Bytes, rowId);
        _rows.Add(new DeltaRow(key, form.Hash, form.HasResidue, isKnown, hadResidue));
        return true;
    }

    /// <summary>Adds the rows of another one that has none of the same keys.</summary>
    internal void AddAll(DeltaBatch other)
    {
        for (var i = 0; i < other._rows.Count; i++) Chunk.Add(other.Chunk[i].Bytes, other.Chunk.GetRowId(i));
        _rows.AddRange(other._rows);
        _keys.UnionWith(other._keys);
    }

    /// <summary>Judges the rows, ready to be sent.</summary>
    internal JudgedChunk Judge()
    {
        var judged = new JudgedChunk(settings, refuse, keepsRowKeys: true);
        judged.Judge(Chunk);
        return judged;
    }

    internal void Clear()
    {
        Chunk.Clear();
        _rows.Clear();
        _keys.Clear();
        Deleted.Clear();
    }
}

/// <summary>A row that is new or changed.</summary>
/// <param name="Key">See <see cref="RowForm.Key"/>.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="HasResidue">Whether it has residue now.</param>
/// <param name="IsKnown">Whether the target has a row of the key.</param>
/// <param name="HadResidue">Whether that one has residue.</param>
internal sealed record DeltaRow(byte[] Key, RowHash Hash, bool HasResidue, bool IsKnown, bool HadResidue)
{
    internal bool IsLoaded => !RowForm.IsQuarantined(Key);
}
