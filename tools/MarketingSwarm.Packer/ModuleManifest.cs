using System.Management.Automation.Language;
using System.Text;

namespace MarketingSwarm.Packer;

/// <summary>A module's manifest: read as PowerShell reads it, and changed in place, so that its text stays the author's.</summary>
internal sealed class ModuleManifest
{
    private readonly string _text;
    private readonly HashtableAst _table;
    private readonly HashtableAst _data;

    /// <exception cref="PackingException">The text is no manifest with PrivateData.PSData.</exception>
    public ModuleManifest(string text)
    {
        _text = text;
        var script = Parser.ParseInput(text, out _, out var errors);
        if (errors.Length > 0) throw new PackingException($"The manifest cannot be read: line {errors[0].Extent.StartLineNumber}: {errors[0].Message}");
        _table = Table(script) ?? throw new PackingException("The manifest is not a hashtable.");
        _data = Find(_table, "PrivateData") is { } privateData && Table(privateData) is { } inner && Find(inner, "PSData") is { } data && Table(data) is { } found
            ? found
            : throw new PackingException("The manifest has no PrivateData.PSData, which the Gallery reads.");
    }

    public string Version => Text("ModuleVersion");

    public IReadOnlyList<string> FileList => List(_table, "FileList");

    public IReadOnlyList<string> Cmdlets => List(_table, "CmdletsToExport");

    public IReadOnlyList<string> Tags => List(_data, "Tags");

    /// <summary>A value of the manifest that must be there.</summary>
    /// <exception cref="PackingException">It is missing or empty.</exception>
    public string Text(string key) => Value(_table, key);

    /// <summary>A value of PrivateData.PSData that must be there.</summary>
    /// <exception cref="PackingException">It is missing or empty.</exception>
    public string DataText(string key) => Value(_data, key);

    /// <summary>The same manifest with a file list, release notes and, where it is none of a commit, a prerelease label.</summary>
    /// <exception cref="PackingException">The manifest has a FileList or no ReleaseNotes.</exception>
    public string Complete(IEnumerable<string> fileList, string releaseNotes, string? prerelease)
    {
        if (Find(_table, "FileList") is not null) throw new PackingException("The manifest has a FileList, which is the packer's to write. Remove it.");
        var notes = Find(_data, "ReleaseNotes") ?? throw new PackingException("The manifest has no ReleaseNotes, whose place the changelog's text takes. Add it to PrivateData.PSData.");

        var files = new StringBuilder("FileList             = @(\n");
        foreach (var file in fileList) files.Append("        ").Append(Quote(file)).Append('\n');
        files.Append("    )\n\n    ");
        var label = prerelease is null ? "" : $"Prerelease   = {Quote(prerelease)}\n            ";

        // From the end, so that offsets stay true.
        return new StringBuilder(_text)
            .Remove(notes.Extent.StartOffset, notes.Extent.EndOffset - notes.Extent.StartOffset)
            .Insert(notes.Extent.StartOffset, Quote(releaseNotes))
            .Insert(Key(_data, "ReleaseNotes").Extent.StartOffset, label)
            .Insert(Key(_table, "PrivateData").Extent.StartOffset, files)
            .ToString();
    }

    private static string Quote(string text) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    private static string Value(HashtableAst table, string key)
        => Find(table, key)?.Find(ast => ast is StringConstantExpressionAst, searchNestedScriptBlocks: false) is StringConstantExpressionAst { Value: { Length: > 0 } value }
            ? value
            : throw new PackingException($"The manifest has no {key}, which the Gallery shows. Add it.");

    private static string[] List(HashtableAst table, string key)
        => Find(table, key)?.FindAll(ast => ast is StringConstantExpressionAst, searchNestedScriptBlocks: false).Select(ast => ((StringConstantExpressionAst)ast).Value).ToArray() ?? [];

    private static HashtableAst? Table(Ast ast) => (HashtableAst?)ast.Find(candidate => candidate is HashtableAst, searchNestedScriptBlocks: false);

    private static StatementAst? Find(HashtableAst table, string key)
        => table.KeyValuePairs.FirstOrDefault(pair => IsKey(pair.Item1, key))?.Item2;

    private static ExpressionAst Key(HashtableAst table, string key) => table.KeyValuePairs.First(pair => IsKey(pair.Item1, key)).Item1;

    private static bool IsKey(ExpressionAst ast, string key) => ast is StringConstantExpressionAst name && name.Value.Equals(key, StringComparison.OrdinalIgnoreCase);
}
