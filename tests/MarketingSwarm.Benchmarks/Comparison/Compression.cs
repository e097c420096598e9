namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>How PostgreSQL compresses values of more than about 2 KB: its <c>default_toast_compression</c>.</summary>
internal enum Compression
{
    Pglz,
    Lz4,
}

internal static class CompressionNames
{
    /// <summary>PostgreSQL's own name of it.</summary>
    internal static string GetName(this Compression compression) => compression == Compression.Lz4 ? "lz4" : "pglz";
}
