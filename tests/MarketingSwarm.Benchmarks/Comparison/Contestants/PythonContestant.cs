using System.Diagnostics;
using MarketingSwarm.Testing;

namespace MarketingSwarm.Benchmarks.Comparison.Contestants;

/// <summary>
///   The table to a JSON file by one script and the file into PostgreSQL by another, as the migration plan's scripts do: by SQLAlchemy's session, one object
///   a row, or, kinder to it, by asyncpg's or psycopg's <c>executemany</c>. All in one transaction.
/// </summary>
internal sealed class PythonContestant(Compression compression, string mode, string modules) : Contestant($"python-{mode}", compression)
{
    private const string Script = """
        "$1" "$2" export "$3" "$4" && exec "$1" "$2" "$5" "$4" "$6"
        """;

    private readonly string? _python = Python.Candidates.FirstOrDefault(python => Python.CanImport(python, modules));

    internal override Task<string?> GetSkipReasonAsync()
        => Task.FromResult(OperatingSystem.IsWindows() ? "it is started by sh" : _python is null ? $"no python3 has {modules}" : null);

    internal override ProcessStartInfo GetStart(SampleFile source, TargetDatabase target, Workspace workspace)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Comparison", "Contestants", "json_scripts.py");
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, Name, _python!, program, source.Path, workspace.GetPrivatePath("conversations.json"), mode, target.Url]);
        target.AddPassword(start, workspace);
        return start;
    }
}
