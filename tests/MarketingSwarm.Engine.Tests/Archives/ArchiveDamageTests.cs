using System.IO.Compression;

namespace MarketingSwarm.Engine.Tests.Archives;

/// <summary>Whatever is lost or changed in an archive is an error: never fewer rows, and never other ones.</summary>
public sealed class ArchiveDamageTests
{
    public static TheoryData<ArchiveFormat, bool> Kinds => ArchiveFiles.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_cut_at_any_byte_is_found_with_the_checksum(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        var (path, bytes) = WriteFew(folder, format, gzip);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes.AsSpan(0, length));
            Assert.Equal("ArchiveChecksumWrong", Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path)).ErrorId);
        }
    }

    [Theory]
    [InlineData(ArchiveFormat.Json, false)]
    [InlineData(ArchiveFormat.Json, true)]
    [InlineData(ArchiveFormat.Ndjson, true)]
    public void A_cut_at_any_byte_is_found_without_the_checksum(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        var (path, bytes) = WriteFew(folder, format, gzip);
        File.Delete(path + ".sha256");
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes.AsSpan(0, length));
            Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path));
        }
    }

    [Fact]
    public void A_cut_of_NDJSON_without_the_checksum_is_found_unless_it_is_between_rows()
    {
        using var folder = new TempFolder();
        var (path, bytes) = WriteFew(folder, ArchiveFormat.Ndjson, gzip: false);
        File.Delete(path + ".sha256");
        var rows = ArchiveFiles.Few();
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes.AsSpan(0, length));
            var isBetweenRows = length > 0 && (bytes[length - 1] == '\n' || bytes[length] == '\n');
            if (isBetweenRows) Assert.Equal(rows.Take(bytes.AsSpan(0, length + 1).Count((byte)'\n')), ArchiveFiles.Read(path));
            else Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path));
        }
    }

    [Theory]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.NoCompression)]
    public void A_cut_of_gzip_is_found_wherever_its_buffers_end(CompressionLevel level)
    {
        // .NET reads gzip 8,192 bytes at a time.
        using var folder = new TempFolder();
        var random = new Random(3);
        var rows = Enumerable.Range(0, 3).Select(i =>
        {
            var bytes = new byte[8000];
            random.NextBytes(bytes);
            return ArchiveFiles.Row((ConversationColumn.Id, ArchiveFiles.Text($"c-{i}")), (ConversationColumn.UserQuery, ConversationCell.OfBlob(bytes)));
        }).ToList();
        var plain = folder.File("plain");
        ArchiveFiles.Write(plain, rows, ArchiveFormat.Ndjson, gzip: false);
        var compressed = Compress(File.ReadAllBytes(plain), level);
        var path = folder.File("compressed");

        int[] borders = [1, compressed.Length - 1, compressed.Length - 8, compressed.Length - 9, .. Enumerable.Range(-4, 9).SelectMany(i => new[] { 8192 + i, 16384 + i, 24576 + i })];
        foreach (var length in borders.Where(border => border < compressed.Length).Concat(Enumerable.Range(0, compressed.Length / 61).Select(i => i * 61)))
        {
            File.WriteAllBytes(path, compressed.AsSpan(0, length));
            Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path));
        }

        File.WriteAllBytes(path, compressed);
        Assert.Equal(rows, ArchiveFiles.Read(path));
    }

    [Fact]
    public void Gzip_ends_wherever_its_buffers_do()
    {
        using var folder = new TempFolder();
        var path = folder.File("compressed");
        var row = ArchiveFiles.Row((ConversationColumn.Id, ArchiveFiles.Text("c-1")));
        var plain = folder.File("plain");
        ArchiveFiles.Write(plain, [row], ArchiveFormat.Ndjson, gzip: false);
        var text = File.ReadAllBytes(plain);

        // White space after a row is nothing; stored uncompressed, it moves gzip's end over the border byte by byte.
        for (var padding = 8192 - text.Length - 60; padding < 8192 - text.Length + 20; padding++)
        {
            byte[] padded = [.. text, .. Enumerable.Repeat((byte)' ', padding)];
            File.WriteAllBytes(path, Compress(padded, CompressionLevel.NoCompression));
            Assert.Equal([row], ArchiveFiles.Read(path));
        }
    }

    [Theory]
    [InlineData(ArchiveFormat.Json, false)]
    [InlineData(ArchiveFormat.Json, true)]
    [InlineData(ArchiveFormat.Ndjson, false)]
    [InlineData(ArchiveFormat.Ndjson, true)]
    public void What_follows_the_archive_is_found(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        var (path, bytes) = WriteFew(folder, format, gzip);
        File.Delete(path + ".sha256");
        foreach (byte[] rest in new byte[][] { [0], [(byte)'x'], [(byte)'}'], [0x1F, 0x8B], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], [.. Enumerable.Repeat((byte)0, 9000)], [(byte)'{', (byte)'}'] })
        {
            File.WriteAllBytes(path, [.. bytes, .. rest]);
            Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_changed_byte_is_found(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        var (path, bytes) = WriteFew(folder, format, gzip);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(path, bytes);
            bytes[i] ^= (byte)(1 << (i % 8));
            Assert.Equal("ArchiveChecksumWrong", Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path)).ErrorId);
        }
    }

    [Fact]
    public void The_checksums_error_names_both_sums()
    {
        using var folder = new TempFolder();
        var (path, bytes) = WriteFew(folder, ArchiveFormat.Json, gzip: false);
        var expected = File.ReadAllText(path + ".sha256")[..64];
        File.WriteAllBytes(path, [.. bytes, (byte)'\n']);
        var actual = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));

        var exception = Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path));
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Contains(actual, exception.Message, StringComparison.Ordinal);
        Assert.Contains(path + ".sha256", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no sum")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde  archive\n")]
    public void A_checksum_file_that_holds_none_is_named(string text)
    {
        using var folder = new TempFolder();
        var (path, _) = WriteFew(folder, ArchiveFormat.Json, gzip: false);
        File.WriteAllText(path + ".sha256", text);

        var exception = Assert.Throws<SwarmArchiveException>(() => ArchiveFiles.Read(path));
        Assert.Equal(("ArchiveChecksumUnreadable", path + ".sha256"), (exception.ErrorId, exception.Target));
    }

    [Fact]
    public void Gzip_files_put_together_are_one()
    {
        using var folder = new TempFolder();
        var (path, bytes) = WriteFew(folder, ArchiveFormat.Ndjson, gzip: true);
        File.Delete(path + ".sha256");
        File.WriteAllBytes(path, [.. bytes, .. bytes]);

        Assert.Equal([.. ArchiveFiles.Few(), .. ArchiveFiles.Few()], ArchiveFiles.Read(path));
    }

    private static (string Path, byte[] Bytes) WriteFew(TempFolder folder, ArchiveFormat format, bool gzip)
    {
        var path = folder.File("archive");
        ArchiveFiles.Write(path, ArchiveFiles.Few(), format, gzip);
        return (path, File.ReadAllBytes(path));
    }

    private static byte[] Compress(byte[] bytes, CompressionLevel level)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, level, leaveOpen: true)) gzip.Write(bytes);
        return compressed.ToArray();
    }
}
