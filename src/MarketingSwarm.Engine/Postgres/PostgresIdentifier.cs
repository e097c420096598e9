namespace MarketingSwarm.Engine.Postgres;

internal static class PostgresIdentifier
{
    /// <summary>An identifier in double quotes, as <c>quote_ident</c> would write it if it always quoted.</summary>
    internal static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
