using System.Text.Json;

namespace MarketingSwarm.Testing;

/// <summary>
///   A process that writes to a SQLite file as the application does: several conversations at once, each an INSERT and about nineteen
///   UPDATEs of its whole row, some deleted again, by Python's sqlite3 with its default timeout, errors swallowed and counted. It keeps a
///   log of its own of every write that was acknowledged.
/// </summary>
public sealed class ApplicationWriter : IDisposable
{
    private readonly RunningPython _python;
    private readonly string _log;

    private ApplicationWriter(RunningPython python, string log)
    {
        _python = python;
        _log = log;
    }

    /// <summary>Starts it.</summary>
    /// <param name="path">The SQLite file.</param>
    /// <param name="log">Where its log goes.</param>
    /// <param name="conversations">How many conversations it has at once.</param>
    /// <param name="pauseMilliseconds">The pause between two writes of one.</param>
    /// <param name="seed">What the rows are made of.</param>
    public static ApplicationWriter Start(string path, string log, int conversations = 4, int pauseMilliseconds = 20, int seed = 1)
        => new(RunningPython.Start(ReadScript(), path, log, $"{conversations}", $"{pauseMilliseconds}", $"{seed}"), log);

    /// <summary>Waits until it has written so many times more.</summary>
    public void WaitForWrites(int count)
    {
        var wanted = Count() + count;
        while (Count() < wanted) Thread.Yield();
    }

    /// <summary>How often it has written.</summary>
    public int Count() => int.Parse(Ask("count"), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Nothing is written from the return of this on.</summary>
    public void Pause() => Assert.Equal("paused", Ask("pause"));

    /// <summary>Goes on.</summary>
    public void Resume() => Assert.Equal("resumed", Ask("resume"));

    /// <summary>Ends it after the writes that are under way.</summary>
    public WriterTotals Stop()
    {
        var totals = JsonDocument.Parse(Ask("stop")).RootElement;
        return new WriterTotals(
            totals.GetProperty("writes").GetInt32(), totals.GetProperty("errors").GetInt32(), TimeSpan.FromSeconds(totals.GetProperty("worst").GetDouble()),
            [.. totals.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()!)]);
    }

    /// <summary>
    ///   Finds acknowledged writes that a table does not have: each row's last state, cell by cell, and no row that was deleted. The table
    ///   is given as psql prints it by <see cref="Query"/>.
    /// </summary>
    /// <param name="table">The rows.</param>
    /// <param name="until">Rows that were written after it, in UTC, are not looked for; without it all are.</param>
    public IReadOnlyList<string> FindLost(string table, DateTime? until = null)
    {
        var rows = table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(row => row.GetProperty("id").GetString()!, StringComparer.Ordinal);
        var last = new Dictionary<string, JsonElement?>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(_log))
        {
            var entry = JsonDocument.Parse(line).RootElement;
            var row = entry.GetProperty("row");
            var id = row.GetProperty("id").GetString()!;
            if (until is { } moment && DateTimeOffset.FromUnixTimeMilliseconds((long)(entry.GetProperty("at").GetDouble() * 1000)).UtcDateTime > moment)
            {
                // Which of its states the last look has met is anybody's guess.
                last.Remove(id);
                continue;
            }

            last[id] = entry.GetProperty("kind").GetString() == "delete" ? null : row;
        }

        var lost = new List<string>();
        foreach (var (id, wanted) in last)
        {
            if (!rows.TryGetValue(id, out var found))
            {
                if (wanted is not null) lost.Add($"{id} is missing");
                continue;
            }

            if (wanted is not { } row)
            {
                lost.Add($"{id} was deleted and is there");
                continue;
            }

            lost.AddRange(row.EnumerateObject().Where(cell => ToText(cell.Name, cell.Value) != ToText(cell.Name, found.GetProperty(cell.Name)))
                .Select(cell => $"{id} {cell.Name}: {ToText(cell.Name, cell.Value)} is {ToText(cell.Name, found.GetProperty(cell.Name))}"));
        }

        return lost;
    }

    /// <summary>Prints a table of PostgreSQL for <see cref="FindLost"/>, a row a line.</summary>
    public const string Query = "SELECT row_to_json(c) FROM conversations c";

    public void Dispose() => _python.Dispose();

    // PostgreSQL prints a time with a T, and without zeros at its fraction's end.
    private static string ToText(string column, JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.Number ? value.GetDouble().ToString("R", System.Globalization.CultureInfo.InvariantCulture) : value.ToString();
        if (column is not ("created_at" or "completed_at") || text.Length == 0) return text;
        text = text.Replace('T', ' ');
        return text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
    }

    private string Ask(string command)
    {
        _python.Send(command);
        return _python.ReadLine();
    }

    private static string ReadScript()
    {
        using var stream = typeof(ApplicationWriter).Assembly.GetManifestResourceStream("application_writer.py")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

/// <summary>What a writer has seen.</summary>
/// <param name="Writes">Writes that were acknowledged.</param>
/// <param name="Errors">Writes that failed: lost answers.</param>
/// <param name="WorstStall">The longest that a write took.</param>
/// <param name="Reasons">The errors.</param>
public sealed record WriterTotals(int Writes, int Errors, TimeSpan WorstStall, IReadOnlyList<string> Reasons);
