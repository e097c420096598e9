using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.Tests.State;

public sealed class StateStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("project/instance")]
    [InlineData("../../etc/passwd")]
    [InlineData("Ünïcode ☃ and \"quotes\"")]
    [InlineData("A")]
    public void ADocumentIsReadAgainByTheNextOne(string key)
    {
        using (var store = Open()) store.Put("things", key, new JsonObject { ["a"] = 1 });
        using var next = Open();
        Assert.Equal("""{"a":1}""", next.Get("things", key)!.ToJsonString());
        // Everything of it is below the folder.
        Assert.Single(Directory.GetFiles(Path.Combine(_folder.File("state"), "documents", "things")));
    }

    [Fact]
    public void LongKeysAndKeysThatDifferInCaseAreDocumentsOfTheirOwn()
    {
        string[] keys = ["a", "A", new string('x', 1000), new string('x', 1001), new string('☃', 300)];
        using (var store = Open())
        {
            foreach (var key in keys) Assert.True(store.TryAdd("things", key, new JsonObject { ["key"] = key }));
            foreach (var key in keys) Assert.False(store.TryAdd("things", key, []));
        }

        using var next = Open();
        Assert.Equal(keys.Order(StringComparer.Ordinal), next.List("things").Select(entry => entry.Key));
        foreach (var key in keys) Assert.Equal(key, next.Get("things", key)!["key"]!.GetValue<string>());
        foreach (var key in keys) Assert.True(next.Delete("things", key));
        Assert.False(next.Delete("things", "a"));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.json", SearchOption.AllDirectories));
    }

    [Fact]
    public void WhatIsHandedOutIsACopy()
    {
        using var store = Open();
        JsonObject document = new() { ["a"] = 1 };
        store.Put("things", "k", document);
        document["a"] = 2;
        store.Get("things", "k")!["a"] = 3;
        store.List("things")[0].Value["a"] = 4;
        Assert.Equal("""{"a":1}""", store.Get("things", "k")!.ToJsonString());
    }

    [Fact]
    public void AChangeThatThrowsChangesNothing()
    {
        using var store = Open();
        store.Put("things", "k", new JsonObject { ["a"] = 1 });
        Assert.Throws<InvalidOperationException>(() => store.Change("things", "k", document =>
        {
            document!["a"] = 2;
            throw new InvalidOperationException();
        }));
        Assert.Equal("""{"a":1}""", store.Get("things", "k")!.ToJsonString());
    }

    [Fact]
    public void WhatWasBeingWrittenIsForgottenAndWhatIsBrokenIsNamed()
    {
        using (var store = Open()) store.Put("things", "k", []);
        var file = Assert.Single(Directory.GetFiles(_folder.Path, "*.json", SearchOption.AllDirectories));
        File.WriteAllText(file + ".new", "{ half");
        using (var next = Open()) Assert.Single(next.List("things"));
        Assert.False(File.Exists(file + ".new"));

        File.WriteAllText(file, "{ half");
        var exception = Assert.Throws<StateException>(Open);
        Assert.Contains(file, exception.Message, StringComparison.Ordinal);
        // The folder is free again for whoever mends it.
        File.Delete(file);
        Open().Dispose();
    }

    [Fact]
    public void DocumentsAreTheirOwnersOnly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are of Unix.");
        using var store = Open();
        store.Put("things", "k", []);
        var file = Assert.Single(Directory.GetFiles(_folder.Path, "*.json", SearchOption.AllDirectories));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(_folder.File("state"), "documents")));
        }
    }

    private StateStore Open() => StateStore.Open(_folder.File("state"));
}
