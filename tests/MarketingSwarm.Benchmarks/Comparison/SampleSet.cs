using MarketingSwarm.Testing;
using Microsoft.Data.Sqlite;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>A SQLite file to load, as <c>New-SwarmSampleDatabase</c> makes it.</summary>
/// <param name="Name">Its name for <c>--set</c>.</param>
/// <param name="Rows">How many rows it has unless told otherwise.</param>
/// <param name="Shape">The cmdlet's parameters that give its rows their size.</param>
internal sealed record SampleSet(string Name, int Rows, string Shape)
{
    internal static IReadOnlyList<SampleSet> All { get; } =
    [
        new("fat", 20_000, "-ResponseSize 1150"),
        new("thin", 500_000, "-ResponseCount 0"),
        new("middle", 100_000, "-ResponseSize 215"),
    ];

    /// <summary>The set's file, made unless an earlier run left it in the folder.</summary>
    internal async Task<SampleFile> PrepareAsync(string folder, int? rows)
    {
        var count = rows ?? Rows;
        var path = Path.Combine(folder, FormattableString.Invariant($"{Name}-{count}.db"));
        if (!File.Exists(path))
        {
            var result = await ModuleShell.RunAsync(
                FormattableString.Invariant($"New-SwarmSampleDatabase {ModuleShell.Quote(path)} -Count {count} {Shape} -JournalMode Wal"));
            if (result.ExitCode != 0) throw new InvalidOperationException($"The set '{Name}' was not made: {result.Error.Trim()}");
        }

        return await SampleFile.OpenAsync(Name, path);
    }
}

/// <summary>
///   A set's file, held open as the application holds it: its <c>-wal</c> and <c>-shm</c> exist, and the last contestant to close it does not remove them.
/// </summary>
internal sealed class SampleFile : IDisposable
{
    private readonly SqliteConnection _connection;

    private SampleFile(string name, string path, SqliteConnection connection, Fingerprint fingerprint, long bytes)
    {
        Name = name;
        Path = path;
        _connection = connection;
        Fingerprint = fingerprint;
        Bytes = bytes;
    }

    /// <summary>The set's name.</summary>
    internal string Name { get; }

    internal string Path { get; }

    /// <summary>What a target with all rows has.</summary>
    internal Fingerprint Fingerprint { get; }

    /// <summary>The bytes of all cells, as text.</summary>
    internal long Bytes { get; }

    internal static async Task<SampleFile> OpenAsync(string name, string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT sum({string.Join(" + ", ConversationTable.Columns.Select(column => $"ifnull(length(CAST({column.Name} AS BLOB)), 0)"))}) FROM conversations";
        var bytes = Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
        return new SampleFile(name, path, connection, await Fingerprint.OfSourceAsync(connection), bytes);
    }

    public void Dispose() => _connection.Dispose();
}
