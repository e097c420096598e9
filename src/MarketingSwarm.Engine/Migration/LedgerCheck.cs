namespace MarketingSwarm.Engine.Migration;

/// <summary>Computes a run's chains of hashes anew. It is given the ledger's rows in the order of their numbers.</summary>
internal sealed class LedgerCheck(Guid runId)
{
    private readonly SortedDictionary<int, byte[]> _lastHashes = [];

    /// <summary>Whether all rows so far are as they were written.</summary>
    internal bool IsIntact { get; private set; } = true;

    /// <summary>The rows that deltas wrote: each has a generation.</summary>
    internal int Deltas { get; private set; }

    /// <summary>Takes a row.</summary>
    /// <param name="row">What it says.</param>
    /// <param name="previousHash">The hash before it, as recorded.</param>
    /// <param name="hash">Its own, as recorded.</param>
    /// <returns>Whether both are what they should be.</returns>
    internal bool Add(LedgerRow row, byte[] previousHash, byte[] hash)
    {
        var expected = _lastHashes.GetValueOrDefault(row.Lane) ?? LedgerHash.CreateStart();
        var isIntact = expected.AsSpan().SequenceEqual(previousHash) && LedgerHash.Compute(previousHash, runId, row).AsSpan().SequenceEqual(hash);
        _lastHashes[row.Lane] = hash;
        // A load's connections are numbered from 1 on.
        if (row is { Lane: 0, Withdraws: null, AfterPosition: null, LastPosition: null }) Deltas++;
        IsIntact &= isIntact;
        return isIntact;
    }

    /// <summary>Compares the chains' ends with what the run's row keeps of them: nothing until the load has ended.</summary>
    internal bool IsComplete(byte[]? ledgerHead) => IsIntact && (ledgerHead is null || LedgerHash.Join(_lastHashes.Values).AsSpan().SequenceEqual(ledgerHead));
}
