using System.Buffers.Binary;
using System.Text;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>What the end of a rollback journal tells (https://www.sqlite.org/fileformat2.html#the_rollback_journal), read without SQLite.</summary>
internal static class SqliteJournal
{
    // The length of the name, the sum of its bytes, and the journal's magic number.
    private const int TrailerLength = 16;

    // More than any system's longest path.
    private const int GreatestName = 1 << 16;

    private static ReadOnlySpan<byte> Magic => [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7];

    /// <summary>Whether a journal begins as one does that is to be rolled back: SQLite overwrites the beginning of one that it keeps.</summary>
    internal static bool IsHot(string path)
    {
        if (!File.Exists(path)) return false;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        Span<byte> start = stackalloc byte[8];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(Magic);
    }

    /// <summary>
    ///   The super-journal that a journal names at its end, where its transaction was on several attached files
    ///   (https://www.sqlite.org/atomiccommit.html#multi_file_commit); <see langword="null"/> where it names none.
    /// </summary>
    internal static string? ReadSuperJournal(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (file.Length < TrailerLength) return null;
        Span<byte> trailer = stackalloc byte[TrailerLength];
        file.Position = file.Length - TrailerLength;
        file.ReadExactly(trailer);
        var length = BinaryPrimitives.ReadUInt32BigEndian(trailer);
        if (!trailer[8..].SequenceEqual(Magic) || length is 0 or > GreatestName || length > file.Length - TrailerLength) return null;

        var name = new byte[length];
        file.Position = file.Length - TrailerLength - length;
        file.ReadExactly(name);
        // SQLite adds the bytes as signed ones.
        var sum = 0;
        foreach (var value in name) sum = unchecked(sum + (sbyte)value);
        return sum == BinaryPrimitives.ReadInt32BigEndian(trailer[4..]) ? Encoding.UTF8.GetString(name) : null;
    }
}
