using System.IO.Compression;

namespace MarketingSwarm.Packer;

/// <summary>A zip whose bytes are decided by what goes into it: one time for all entries, one order, no traces of this machine.</summary>
internal static class ArchiveFile
{
    // A plain file, rw-r--r--, as Unix zip tools write it; without it the attributes are the packing system's own.
    private const int PlainFile = 0x81A4 << 16;

    public static byte[] Write(IEnumerable<PackedFile> files, DateTimeOffset time)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in files)
            {
                var entry = archive.CreateEntry(file.Path, CompressionLevel.SmallestSize);
                entry.LastWriteTime = time.ToUniversalTime();
                entry.ExternalAttributes = PlainFile;
                using var content = entry.Open();
                content.Write(file.Content);
            }
        }

        return stream.ToArray();
    }
}
