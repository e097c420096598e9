using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>What is read out of the server's error fields. They are in English or not at all: lc_messages may be another language, and then no row is named.</summary>
internal static partial class PostgresPatterns
{
    [GeneratedRegex(@"\(id\)=\((.*)\)", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    internal static partial Regex DuplicateKey();

    [GeneratedRegex(@"^Failing row contains \((.*?), ", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    internal static partial Regex FailingRow();

    // A trigger's function stands on a line before it.
    [GeneratedRegex(@"^COPY .*?, \D+ (\d+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    internal static partial Regex CopyLine();
}
