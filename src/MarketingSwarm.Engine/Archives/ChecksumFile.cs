using System.Security.Cryptography;
using System.Text;

namespace MarketingSwarm.Engine.Archives;

/// <summary>The file beside an archive that holds its SHA-256, as <c>sha256sum</c> writes and checks it.</summary>
internal static class ChecksumFile
{
    private const int DigitCount = 64;

    internal static string PathOf(string archivePath) => archivePath + ".sha256";

    /// <summary>One line: the sum, two spaces, the name. A name with a backslash or a line's end is escaped, and the line begins with a backslash.</summary>
    internal static byte[] Format(string sha256, string archivePath)
    {
        var name = Path.GetFileName(archivePath);
        var escaped = name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes($"{(escaped == name ? "" : "\\")}{sha256}  {escaped}\n");
    }

    /// <summary>Compares an archive with the sum beside it.</summary>
    /// <returns>False where there is no sum.</returns>
    /// <exception cref="SwarmArchiveException">The sums differ, or the file beside the archive holds none.</exception>
    internal static bool Verify(FileStream archive, string archivePath, CancellationToken cancellationToken)
    {
        var path = PathOf(archivePath);
        if (!File.Exists(path)) return false;
        var expected = ReadSum(path);
        var actual = Compute(archive, archivePath, cancellationToken);
        return expected == actual ? true : throw Errors.ArchiveChecksumWrong(archivePath, path, expected, actual);
    }

    private static string ReadSum(string path)
    {
        Span<byte> start = stackalloc byte[DigitCount + 1];
        int read;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.ArchiveNotReadable(path, exception.Message, exception);
        }

        var line = start[..read];
        if (line.StartsWith("\\"u8)) line = line[1..];
        if (line.Length > DigitCount) line = line[..DigitCount];
        var sum = Encoding.ASCII.GetString(line);
        return sum.Length == DigitCount && sum.All(char.IsAsciiHexDigit) ? sum.ToLowerInvariant() : throw Errors.ArchiveChecksumUnreadable(path);
    }

    private static string Compute(FileStream archive, string archivePath, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 * 1024];
        try
        {
            archive.Seek(0, SeekOrigin.Begin);
            for (var read = archive.Read(buffer); read > 0; read = archive.Read(buffer))
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }
        }
        catch (IOException exception)
        {
            throw Errors.ArchiveNotReadable(archivePath, exception.Message, exception);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
