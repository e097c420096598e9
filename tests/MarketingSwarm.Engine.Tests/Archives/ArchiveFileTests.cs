using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Tests.Archives;

public sealed class ArchiveFileTests
{
    public static TheoryData<ArchiveFormat, bool> Kinds => ArchiveFiles.Kinds;

    [Theory]
    [InlineData("a.json", ArchiveFormat.Json, false)]
    [InlineData("/b/a.JSON.gz", ArchiveFormat.Json, true)]
    [InlineData("a.ndjson", ArchiveFormat.Ndjson, false)]
    [InlineData("a.jsonl", ArchiveFormat.Ndjson, false)]
    [InlineData("a.json.jsonl.GZ", ArchiveFormat.Ndjson, true)]
    public void The_name_says_the_format(string path, ArchiveFormat expectedFormat, bool expectedGzip)
    {
        Assert.True(ArchiveNames.TryInfer(path, out var format, out var gzip));
        Assert.Equal((expectedFormat, expectedGzip), (format, gzip));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a.gz")]
    [InlineData("a.txt")]
    [InlineData("a.json/b")]
    [InlineData("a.json.gz.gz")]
    [InlineData("json")]
    public void Another_name_says_nothing(string path) => Assert.False(ArchiveNames.TryInfer(path, out _, out _));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_archive_and_its_checksum_are_the_owners_alone_and_nothing_else_is_left(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        var path = folder.File("archive.json");
        var modes = new HashSet<UnixFileMode>();
        using (var writer = ArchiveWriter.Create(path, format, gzip, overwrite: false))
        {
            foreach (var row in ArchiveFiles.Few()) writer.Write(row);
            if (!OperatingSystem.IsWindows()) modes.UnionWith(Directory.GetFiles(folder.Path).Select(File.GetUnixFileMode));
            Assert.False(File.Exists(path));
            var summary = writer.Complete();
            Assert.Equal((path, path + ".sha256", format, 3L, 4L, 0), (summary.Path, summary.ChecksumPath, summary.Format, summary.Rows, summary.EncodedCells, summary.ExitCode));
            Assert.Equal(new FileInfo(path).Length, summary.Bytes);
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))), summary.Sha256);
        }

        Assert.Equal([path, path + ".sha256"], Directory.GetFiles(folder.Path).Order());
        if (OperatingSystem.IsWindows()) return;
        modes.UnionWith([File.GetUnixFileMode(path), File.GetUnixFileMode(path + ".sha256")]);
        Assert.Equal([UnixFileMode.UserRead | UnixFileMode.UserWrite], modes);
    }

    [Theory]
    [InlineData("plain.json")]
    [InlineData("with space and ü.json")]
    [InlineData("back\\slash\nand line.json")]
    public void Sha256sum_checks_it(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names and no sha256sum.");
        Assert.SkipWhen(Programs.Find("sha256sum") is null, "There is no sha256sum program.");
        using var folder = new TempFolder();
        var summary = ArchiveFiles.Write(folder.File(name), ArchiveFiles.Few(), ArchiveFormat.Json, gzip: false);

        var result = Programs.Run("sha256sum", ["--check", "--strict", summary.ChecksumPath], workingFolder: folder.Path);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Equal(3, ArchiveFiles.Read(folder.File(name)).Count);
    }

    [Fact]
    public void A_checksum_that_sha256sum_made_is_taken()
    {
        Assert.SkipWhen(Programs.Find("sha256sum") is null, "There is no sha256sum program.");
        using var folder = new TempFolder();
        var path = folder.File("archive");
        ArchiveFiles.Write(path, ArchiveFiles.Few(), ArchiveFormat.Ndjson, gzip: false);
        File.WriteAllText(path + ".sha256", Programs.Run("sha256sum", ["--binary", "archive"], workingFolder: folder.Path).Output);

        Assert.Equal(3, ArchiveFiles.Read(path).Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_archive_that_is_not_completed_leaves_nothing(ArchiveFormat format, bool gzip)
    {
        using var folder = new TempFolder();
        using (var writer = ArchiveWriter.Create(folder.File("archive"), format, gzip, overwrite: false))
        {
            foreach (var row in ArchiveFiles.Few()) writer.Write(row);
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("archive")]
    [InlineData("archive.sha256")]
    public void What_is_there_is_kept_unless_it_is_to_be_replaced(string name)
    {
        using var folder = new TempFolder();
        var path = folder.File("archive");
        File.WriteAllText(folder.File(name), "precious");

        var exception = Assert.Throws<SwarmArchiveException>(() => ArchiveWriter.Create(path, ArchiveFormat.Json, gzip: false, overwrite: false));
        Assert.Equal(("ArchiveExists", folder.File(name)), (exception.ErrorId, exception.Target));
        using (ArchiveWriter.Create(path, ArchiveFormat.Json, gzip: false, overwrite: true))
        {
            // Given up before it is whole: what was there stays.
        }

        Assert.Equal("precious", File.ReadAllText(folder.File(name)));
        ArchiveFiles.Write(path, ArchiveFiles.Few(), ArchiveFormat.Json, gzip: false);
        Assert.Equal(3, ArchiveFiles.Read(path).Count);
    }

    [Fact]
    public void An_archive_that_came_meanwhile_is_kept()
    {
        using var folder = new TempFolder();
        var path = folder.File("archive");
        using (var writer = ArchiveWriter.Create(path, ArchiveFormat.Json, gzip: false, overwrite: false))
        {
            File.WriteAllText(path, "precious");
            Assert.Equal("ArchiveNotWritten", Assert.Throws<SwarmArchiveException>(() => writer.Complete()).ErrorId);
        }

        Assert.Equal([path], Directory.GetFiles(folder.Path));
        Assert.Equal("precious", File.ReadAllText(path));
    }

    [Fact]
    public void An_archive_can_be_rewritten_while_it_is_read()
    {
        using var folder = new TempFolder();
        var path = folder.File("archive");
        ArchiveFiles.Write(path, ArchiveFiles.Few(), ArchiveFormat.Json, gzip: false);
        using (var reader = ArchiveReader.Open(path, ConversationFilter.All, TestContext.Current.CancellationToken))
            ArchiveFiles.Write(path, reader.Read(TestContext.Current.CancellationToken).Skip(1).Select(result => result.Row!), ArchiveFormat.Ndjson, gzip: true);

        Assert.Equal(ArchiveFiles.Few().Skip(1), ArchiveFiles.Read(path));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_named()
    {
        using var folder = new TempFolder();
        AssertError(folder.Path, "ArchiveTargetIsFolder");
        AssertError(folder.File("none/archive"), "ArchiveFolderNotFound");
        Directory.CreateDirectory(folder.File("archive.sha256"));
        AssertError(folder.File("archive"), "ArchiveTargetIsFolder");

        static void AssertError(string path, string errorId)
        {
            var exception = Assert.Throws<SwarmArchiveException>(() => ArchiveWriter.Create(path, ArchiveFormat.Json, gzip: false, overwrite: true));
            Assert.Equal(errorId, exception.ErrorId);
            Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        }
    }
}
