using System.Buffers.Binary;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>What a file's first bytes tell (https://www.sqlite.org/fileformat2.html#the_database_header), read without SQLite.</summary>
internal static class SqliteHeader
{
    private const int Length = 100;

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>Reads and checks the header of a file that no connection of this process has open.</summary>
    /// <returns>Whether SQLite reads the file with a write-ahead log, and makes a -shm file for it.</returns>
    /// <exception cref="SwarmDatabaseException">The file cannot be read, is no database, or is cut off.</exception>
    internal static bool Check(string path)
    {
        Span<byte> header = stackalloc byte[Length];
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var read = file.ReadAtLeast(header, Length, throwOnEndOfStream: false);
            var hasLog = HasContent(path + "-wal");
            if (read == 0)
            {
                // To SQLite an empty file is an empty database, and it deletes the log beside one.
                return hasLog ? throw Errors.SqliteEmptyBesideWal(path) : false;
            }

            if (!header[..Math.Min(read, Magic.Length)].SequenceEqual(Magic)) throw Errors.NotASqliteFile(path);

            // Unfinished work in a journal or a log explains a difference. It is looked for before the length is asked, so that a writer
            // who is done in between has made the file as long as its header says.
            var isSettled = !hasLog && !HasContent(path + "-journal");
            var expected = read < Length ? Length : GetSize(header);
            if (isSettled && file.Length is var actual && actual < expected) throw Errors.SqliteFileTruncated(path, expected, actual);
            return header[18] == 2 || header[19] == 2 || File.Exists(path + "-wal");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.SqliteNotOpened(path, exception.Message, exception);
        }
    }

    // The number of pages counts where the version that it is valid for is the file's.
    private static long GetSize(ReadOnlySpan<byte> header)
    {
        if (!header.Slice(24, 4).SequenceEqual(header.Slice(92, 4))) return 0;
        var pageSize = BinaryPrimitives.ReadUInt16BigEndian(header[16..]);
        return (pageSize == 1 ? 65536L : pageSize) * BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
    }

    private static bool HasContent(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };
}
