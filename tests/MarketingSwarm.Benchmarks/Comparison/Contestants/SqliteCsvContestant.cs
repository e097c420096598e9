using System.Diagnostics;
using MarketingSwarm.Testing;

namespace MarketingSwarm.Benchmarks.Comparison.Contestants;

/// <summary><c>sqlite3 -csv | psql \copy</c>, with NULL told from the empty string.</summary>
internal sealed class SqliteCsvContestant(Compression compression) : Contestant("sqlite3-psql", compression)
{
    private const string Script = """
        set -o pipefail
        "$1" -readonly -csv -nullvalue '\N' -newline $'\n' "$3" "SELECT $5 FROM conversations" |
            "$2" -X -q -v ON_ERROR_STOP=1 -d "$4" -c "\\copy conversations ($5) FROM pstdin WITH (FORMAT csv, NULL '\\N')"
        """;

    private static string? Bash { get; } = Programs.Find("bash");

    private static string? Sqlite { get; } = Programs.Find("sqlite3");

    internal override Task<string?> GetSkipReasonAsync()
        => Task.FromResult(Bash is null || Sqlite is null || ServerCopyContestant.Psql is null ? "bash, sqlite3 and psql are needed, and not all were found" : null);

    internal override ProcessStartInfo GetStart(SampleFile source, TargetDatabase target, Workspace workspace)
    {
        var start = new ProcessStartInfo(Bash!, ["-c", Script, Name, Sqlite!, ServerCopyContestant.Psql!, source.Path, target.Url, ConversationTable.ColumnList]);
        target.AddPassword(start, workspace);
        return start;
    }
}
