using System.Security.Cryptography;
using MarketingSwarm.Engine.Migration.Delta;

namespace MarketingSwarm.Engine.Reports;

/// <summary>
///   The root of a Merkle tree over the hashes of a set of rows, sorted, so that it does not depend on their order. A leaf is SHA-256 over a
///   zero byte and the row's hash, a node SHA-256 over a one byte and its two children; what is left over at the end of a level goes up as
///   it is (https://www.rfc-editor.org/rfc/rfc6962#section-2.1).
/// </summary>
internal static class MerkleTree
{
    private const byte Leaf = 0;
    private const byte Node = 1;

    /// <summary>Computes the root; of no rows, the SHA-256 of nothing.</summary>
    internal static byte[] ComputeRoot(IEnumerable<RowHash> rows)
    {
        var level = rows.Order(Comparer<RowHash>.Create(Compare)).Select(HashLeaf).ToArray();
        if (level.Length == 0) return SHA256.HashData([]);
        var count = level.Length;
        Span<byte> children = stackalloc byte[1 + RowHash.Length * 2];
        Span<byte> hash = stackalloc byte[RowHash.Length];
        children[0] = Node;
        while (count > 1)
        {
            var next = 0;
            for (var i = 0; i < count; i += 2)
            {
                if (i + 1 == count)
                {
                    level[next++] = level[i];
                    continue;
                }

                level[i].Write(children[1..]);
                level[i + 1].Write(children[(1 + RowHash.Length)..]);
                SHA256.HashData(children, hash);
                level[next++] = RowHash.Read(hash);
            }

            count = next;
        }

        var root = new byte[RowHash.Length];
        level[0].Write(root);
        return root;
    }

    private static RowHash HashLeaf(RowHash row)
    {
        Span<byte> bytes = stackalloc byte[1 + RowHash.Length];
        Span<byte> hash = stackalloc byte[RowHash.Length];
        bytes[0] = Leaf;
        row.Write(bytes[1..]);
        SHA256.HashData(bytes, hash);
        return RowHash.Read(hash);
    }

    private static int Compare(RowHash left, RowHash right)
        => left.A != right.A ? left.A.CompareTo(right.A) : left.B != right.B ? left.B.CompareTo(right.B) : left.C != right.C ? left.C.CompareTo(right.C) : left.D.CompareTo(right.D);
}
