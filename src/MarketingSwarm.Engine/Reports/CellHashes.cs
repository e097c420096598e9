using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Reports;

/// <summary>
///   A file with the first eight bytes of the SHA-256 of every cell of a backup, storage class and bytes, by which a cell that differs can be
///   named. It proves nothing by itself: the root does.
/// </summary>
/// <remarks>Brotli; for each row its place in the source (<see cref="SourcePosition.ToBytes"/>) and its key as text, each after its length, then ten times eight bytes.</remarks>
internal static class CellHashes
{
    private const int HashLength = 8;

    /// <summary>Writes the hashes of all rows, and gives the file's SHA-256.</summary>
    internal static string Write(SqliteSource source, string path, CancellationToken cancellationToken)
    {
        using (var file = PrivateFile.Create(path))
        using (var compressed = new BrotliStream(file, CompressionLevel.Fastest))
        using (var writer = new BinaryWriter(compressed, Encoding.UTF8))
        {
            foreach (var (position, name, hashes) in Read(source, cancellationToken))
            {
                writer.Write7BitEncodedInt(position.Length);
                writer.Write(position);
                writer.Write(name);
                writer.Write(hashes);
            }

            // No row's place is empty.
            writer.Write7BitEncodedInt(0);
        }

        return Hash(path);
    }

    /// <summary>The SHA-256 of a file, in hexadecimal.</summary>
    internal static string Hash(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Compares a file with the rows of a backup.</summary>
    /// <returns>What differs, a cell or a row each, in the order of the rows.</returns>
    internal static IEnumerable<string> FindDifferences(string path, SqliteSource source, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, (string Name, byte[] Hashes)>(StringComparer.Ordinal);
        using (var reader = new BinaryReader(new BrotliStream(File.OpenRead(path), CompressionMode.Decompress), Encoding.UTF8))
        {
            for (int length; (length = reader.Read7BitEncodedInt()) > 0;)
                known.Add(Convert.ToHexString(reader.ReadBytes(length)), (reader.ReadString(), reader.ReadBytes(HashLength * ConversationTable.ColumnCount)));
        }

        foreach (var (position, name, hashes) in Read(source, cancellationToken))
        {
            if (!known.Remove(Convert.ToHexString(position), out var row))
            {
                yield return $"the row '{name}' was not there";
                continue;
            }

            for (var i = 0; i < ConversationTable.ColumnCount; i++)
            {
                if (!hashes.AsSpan(i * HashLength, HashLength).SequenceEqual(row.Hashes.AsSpan(i * HashLength, HashLength)))
                    yield return $"the row '{row.Name}', column {ConversationTable.ColumnNames[i]}";
            }
        }

        foreach (var (name, _) in known.Values) yield return $"the row '{name}' is missing";
    }

    private static IEnumerable<(byte[] Position, string Name, byte[] Hashes)> Read(SqliteSource source, CancellationToken cancellationToken)
    {
        var builder = new ConversationBuilder();
        using var rows = SourceRows.Prepare(source, null, null);
        while (rows.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.ReadCells(builder, firstIndex: 1);
            long? rowId = source.HasRowId ? rows.GetInteger(0) : null;
            yield return Describe(builder, rowId);
            builder.Reset();
        }
    }

    private static (byte[] Position, string Name, byte[] Hashes) Describe(ConversationBuilder builder, long? rowId)
    {
        var row = new ConversationImage(builder.Image);
        var hashes = new byte[HashLength * ConversationTable.ColumnCount];
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            sha256.AppendData([(byte)row.GetStorageClass(column)]);
            sha256.AppendData(row.GetBytes(column));
            _ = sha256.GetHashAndReset(hash);
            hash[..HashLength].CopyTo(hashes.AsSpan((int)column * HashLength));
        }

        return (SourcePosition.Of(row, rowId).ToBytes(), row.ToConversation(rowId).GetCell(ConversationColumn.Id).ToString(), hashes);
    }
}
