namespace MarketingSwarm.Engine.Archives;

/// <summary>What an archive's name says of how it is to be written. Reading never asks the name.</summary>
internal static class ArchiveNames
{
    /// <summary>Finds the format from <c>.json</c>, <c>.ndjson</c> or <c>.jsonl</c>, with or without a further <c>.gz</c>, in any case.</summary>
    internal static bool TryInfer(string path, out ArchiveFormat format, out bool gzip)
    {
        gzip = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        var extension = Path.GetExtension(gzip ? path[..^3] : path);
        var isJson = extension.Equals(".json", StringComparison.OrdinalIgnoreCase);
        format = isJson ? ArchiveFormat.Json : ArchiveFormat.Ndjson;
        return isJson
            || extension.Equals(".ndjson", StringComparison.OrdinalIgnoreCase)
            || extension.Equals(".jsonl", StringComparison.OrdinalIgnoreCase);
    }
}
