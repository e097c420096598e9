using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.State;

/// <summary>
///   The JSON documents of the emulator: one file each, in a folder a collection. A document is on the disk before the call that wrote it
///   returns, and is never half there. One emulator at a time has a folder.
/// </summary>
/// <remarks>What is handed out and taken in are copies: nobody changes a document but by a call.</remarks>
internal sealed class StateStore : IDisposable
{
    private const string LockFile = "emulator.lock";
    private const string Extension = ".json";
    private const string TemporaryExtension = ".new";
    private const int LongestPlainName = 150;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    private readonly string _documents;
    private readonly FileStream _ownership;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<string, JsonObject>> _collections = new(StringComparer.Ordinal);

    private StateStore(string folder, FileStream ownership)
    {
        Folder = folder;
        _documents = Path.Combine(folder, "documents");
        _ownership = ownership;
    }

    /// <summary>The state folder.</summary>
    public string Folder { get; }

    /// <summary>Takes the folder, making it where it is missing, and reads what is in it.</summary>
    /// <exception cref="StateException">Another emulator has it, or a file in it cannot be read.</exception>
    public static StateStore Open(string folder)
    {
        try
        {
            // Passable for others, since the servers' data is below it and PostgreSQL may run as another user; only the documents are private.
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else if (!Directory.Exists(folder)) Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"The state folder '{folder}' cannot be made: {e.Message}", e);
        }

        // The folder can be thrown away by a command later: it must hold nothing but the emulator's.
        if (!File.Exists(Path.Combine(folder, LockFile)) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new StateException($"The folder '{folder}' has files that are not an emulator's; its state needs a folder of its own, an empty or a new one.");

        FileStream ownership;
        try
        {
            ownership = new FileStream(Path.Combine(folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"The state folder '{folder}' cannot be taken; another emulator uses it, or this user may not write there: {e.Message}", e);
        }

        var store = new StateStore(folder, ownership);
        try
        {
            store.Load();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>The document; null when there is none.</summary>
    public JsonObject? Get(string collection, string key)
    {
        lock (_lock)
        {
            return _collections.TryGetValue(collection, out var documents) && documents.TryGetValue(key, out var document) ? Copy(document) : null;
        }
    }

    /// <summary>The documents whose keys begin with this, by key in ordinal order.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonObject>> List(string collection, string prefix = "")
    {
        lock (_lock)
        {
            if (!_collections.TryGetValue(collection, out var documents)) return [];
            return [.. documents.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(entry => KeyValuePair.Create(entry.Key, Copy(entry.Value)))];
        }
    }

    /// <summary>Writes the document, whether there was one or not.</summary>
    public void Put(string collection, string key, JsonObject document) => Change(collection, key, _ => document);

    /// <summary>Writes the document where there is none.</summary>
    /// <returns>Whether it was written.</returns>
    public bool TryAdd(string collection, string key, JsonObject document)
    {
        var added = false;
        Change(collection, key, existing =>
        {
            added = existing is null;
            return existing ?? document;
        });
        return added;
    }

    /// <summary>Deletes the document.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Delete(string collection, string key)
    {
        var existed = false;
        Change(collection, key, existing =>
        {
            existed = existing is not null;
            return null;
        });
        return existed;
    }

    /// <summary>Replaces the document by what the function makes of it; no other change comes between. An exception changes nothing.</summary>
    /// <param name="collection">Its folder: letters, digits and '-'.</param>
    /// <param name="key">Any text.</param>
    /// <param name="change">Gets a copy, or null where there is no document; null deletes it.</param>
    /// <returns>The document as it is now.</returns>
    public JsonObject? Change(string collection, string key, Func<JsonObject?, JsonObject?> change)
    {
        lock (_lock)
        {
            if (!_collections.TryGetValue(collection, out var documents)) _collections.Add(collection, documents = new(StringComparer.Ordinal));
            var existing = documents.GetValueOrDefault(key);
            var changed = change(existing is null ? null : Copy(existing));
            if (changed is null)
            {
                if (existing is not null)
                {
                    File.Delete(FileOf(collection, key));
                    documents.Remove(key);
                }

                return null;
            }

            changed = Copy(changed);
            if (!JsonNode.DeepEquals(existing, changed))
            {
                Write(collection, key, changed);
                documents[key] = changed;
            }

            return Copy(changed);
        }
    }

    /// <summary>Gives the folder up.</summary>
    public void Dispose() => _ownership.Dispose();

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static JsonObject Copy(JsonObject document) => (JsonObject)document.DeepClone();

    private void Load()
    {
        MakePrivateFolder(_documents);
        foreach (var folder in Directory.EnumerateDirectories(_documents))
        {
            SortedDictionary<string, JsonObject> documents = new(StringComparer.Ordinal);
            _collections.Add(Path.GetFileName(folder), documents);
            // What was being written when an emulator was killed was never part of the state.
            foreach (var file in Directory.GetFiles(folder, "*" + TemporaryExtension)) File.Delete(file);
            foreach (var file in Directory.EnumerateFiles(folder, "*" + Extension))
            {
                try
                {
                    var content = JsonNode.Parse(File.ReadAllBytes(file), documentOptions: Options)!.AsObject();
                    documents.Add(content["key"]!.GetValue<string>(), content["document"]!.DeepClone().AsObject());
                }
                catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or ArgumentException)
                {
                    throw new StateException($"The state file '{file}' is not one of the emulator's: {e.Message} Move it away, or use another state folder.", e);
                }
            }
        }
    }

    private void Write(string collection, string key, JsonObject document)
    {
        MakePrivateFolder(Path.Combine(_documents, collection));
        var file = FileOf(collection, key);
        var temporary = file + TemporaryExtension;
        var content = new JsonObject { ["key"] = key, ["document"] = Copy(document) };
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(Encoding.UTF8.GetBytes(content.ToJsonString()));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }

    private static void MakePrivateFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly);
    }

    /// <remarks>Names are escaped; a long one, which file systems refuse, ends in its hash. The key itself is in the file.</remarks>
    private string FileOf(string collection, string key)
    {
        StringBuilder name = new();
        foreach (var unit in Encoding.UTF8.GetBytes(key))
        {
            if (char.IsAsciiLetterLower((char)unit) || char.IsAsciiDigit((char)unit) || unit is (byte)'-' or (byte)'_') name.Append((char)unit);
            else name.Append('%').Append(unit.ToString("x2", null));
        }

        if (name.Length > LongestPlainName)
        {
            name.Length = LongestPlainName;
            name.Append('~').Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));
        }

        return Path.Combine(_documents, collection, name.Append(Extension).ToString());
    }
}
