using System.Security.Cryptography;
using System.Text;
using MarketingSwarm.Engine.Archives;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>
///   An index kept in a file between two commands, so that the target need not be read anew. It is worth what its run and its ledger's head
///   say: with those of the target it is what the target has; otherwise it is not used.
/// </summary>
/// <remarks>
///   The file: <c>SWARMSY1</c>; the run's id, 16 bytes big-endian; the ledger's head, 32 bytes; the source's mark as a text; the number of
///   rows; for each its key after its length, its hash and whether it has residue; last the SHA-256 of all before. Numbers are little-endian.
/// </remarks>
internal static class SyncState
{
    private static ReadOnlySpan<byte> Magic => "SWARMSY1"u8;

    /// <summary>Where the state of a run is kept unless a user says otherwise.</summary>
    internal static string GetDefaultPath(Guid runId) => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "MarketingSwarm", "sync", $"{runId}.state");

    /// <summary>Writes a state under its name when it is complete, for its owner alone to read: it has the rows' keys.</summary>
    /// <exception cref="SwarmConfigurationException">It cannot be written.</exception>
    internal static void Write(string path, Guid runId, byte[] ledgerHead, string? mark, RowIndex index)
    {
        var folder = Path.GetDirectoryName(path)!;
        var temporary = Path.Combine(folder, PrivateFile.TemporaryName());
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using (var file = PrivateFile.Create(temporary))
            {
                using var sha256 = SHA256.Create();
                using (var hashed = new CryptoStream(file, sha256, CryptoStreamMode.Write, leaveOpen: true))
                using (var writer = new BinaryWriter(hashed, Encoding.UTF8))
                {
                    writer.Write(Magic);
                    writer.Write(runId.ToByteArray(bigEndian: true));
                    writer.Write(ledgerHead);
                    writer.Write(mark ?? "");
                    writer.Write(index.Count);
                    Span<byte> hash = stackalloc byte[RowHash.Length];
                    foreach (var entry in index.Entries)
                    {
                        writer.Write7BitEncodedInt(entry.Key.Length);
                        writer.Write(entry.Key);
                        entry.Hash.Write(hash);
                        writer.Write(hash);
                        writer.Write(entry.HasResidue);
                    }
                }

                file.Write(sha256.Hash);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw Errors.SyncStateNotWritten(path, exception);
        }
    }

    /// <summary>Reads a state where there is one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="runId">The run that it must be of.</param>
    /// <param name="ledgerHead">The target's head.</param>
    /// <param name="reason">Why there is none that can be used, for a user to read; <see langword="null"/> where there is no file.</param>
    /// <returns>The index and the source's mark; <see langword="null"/> where the target is to be read instead.</returns>
    /// <exception cref="SwarmConfigurationException">The file is the state of another migration.</exception>
    internal static (RowIndex Index, string? Mark)? TryRead(string path, Guid runId, byte[] ledgerHead, out string? reason)
    {
        reason = null;
        byte[] bytes;
        try
        {
            if (!File.Exists(path)) return null;
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            reason = exception.Message;
            return null;
        }

        if (bytes.Length < Magic.Length + 16 + RowHash.Length || !bytes.AsSpan().StartsWith(Magic)) throw Errors.NotASyncState(path);
        if (!SHA256.HashData(bytes.AsSpan(0, bytes.Length - RowHash.Length)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - RowHash.Length)))
        {
            reason = "it is cut off or damaged";
            return null;
        }

        using var reader = new BinaryReader(new MemoryStream(bytes, Magic.Length, bytes.Length - Magic.Length - RowHash.Length), Encoding.UTF8);
        var id = new Guid(reader.ReadBytes(16), bigEndian: true);
        if (id != runId) throw Errors.SyncStateOfOtherRun(path, id, runId);
        if (!reader.ReadBytes(RowHash.Length).AsSpan().SequenceEqual(ledgerHead))
        {
            reason = "the target has been written since";
            return null;
        }

        var mark = reader.ReadString();
        var count = reader.ReadInt32();
        var index = new RowIndex(count);
        for (var i = 0; i < count; i++)
        {
            var key = reader.ReadBytes(reader.Read7BitEncodedInt());
            var hash = RowHash.Read(reader.ReadBytes(RowHash.Length));
            index.Set(key, hash, reader.ReadBoolean(), mark: 0);
        }

        return (index, mark.Length > 0 ? mark : null);
    }
}
