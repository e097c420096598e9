using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using BenchmarkDotNet.Attributes;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Benchmarks;

/// <summary>
///   Export | Import through the PowerShell pipeline against what a user would write first: one prepared INSERT a row, in one
///   transaction, the values read by Microsoft.Data.Sqlite. The ratio column is time, so rows a second are its inverse.
/// </summary>
[BenchmarkCategory("Load")]
public class LoadBenchmarks
{
    private const string Columns = "id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message";

    private readonly string _url = Environment.GetEnvironmentVariable("SWARM_BENCHMARK_POSTGRES")
        ?? throw new InvalidOperationException("Set SWARM_BENCHMARK_POSTGRES to the URL of a database whose conversations table may be emptied: postgresql://user:password@host:port/database.");

    private string _folder = "";
    private string _source = "";
    private Runspace? _runspace;
    private NpgsqlDataSource? _database;

    public enum RowShape
    {
        /// <summary>200,000 rows of about 300 bytes.</summary>
        Thin,

        /// <summary>20,000 rows of about 20 KB, as finished conversations have.</summary>
        Fat,
    }

    [Params(RowShape.Thin, RowShape.Fat)]
    public RowShape Rows { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _folder = Directory.CreateTempSubdirectory("swarm-benchmark-").FullName;
        _source = Path.Combine(_folder, "app.db");
        var state = InitialSessionState.CreateDefault2();
        state.ImportPSModule(Path.Combine(FindRepository(), "artifacts", "module", "MarketingSwarm", "MarketingSwarm.psd1"));
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        var size = Rows == RowShape.Thin ? "-Count 200000 -ResponseCount 0" : "-Count 20000 -ResponseSize 1150";
        Run($"New-SwarmSampleDatabase '{_source}' {size} -JournalMode Wal; Initialize-SwarmDatabase '{_url}'");

        var url = new Uri(_url);
        var user = url.UserInfo.Split(':', 2);
        _database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.Port,
            Database = url.AbsolutePath[1..],
            Username = Uri.UnescapeDataString(user[0]),
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
        });
    }

    [IterationSetup]
    public void Empty()
    {
        using var command = _database!.CreateCommand("TRUNCATE conversations");
        command.ExecuteNonQuery();
    }

    [Benchmark(Baseline = true)]
    public long PreparedInsert()
    {
        using var source = new SqliteConnection($"Data Source={_source};Mode=ReadOnly;Pooling=False");
        source.Open();
        using var select = source.CreateCommand();
        select.CommandText = $"SELECT {Columns} FROM conversations";
        using var reader = select.ExecuteReader();

        using var connection = _database!.OpenConnection();
        using var transaction = connection.BeginTransaction();
        using var insert = new NpgsqlCommand($"INSERT INTO conversations ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", connection);
        for (var i = 0; i < 10; i++)
        {
            insert.Parameters.Add(new NpgsqlParameter
            {
                NpgsqlDbType = i switch { 4 or 5 => NpgsqlDbType.Timestamp, 8 => NpgsqlDbType.Double, _ => NpgsqlDbType.Text },
            });
        }

        insert.Prepare();
        var rows = 0L;
        while (reader.Read())
        {
            for (var i = 0; i < 10; i++)
            {
                insert.Parameters[i].Value = reader.IsDBNull(i) ? DBNull.Value : i switch
                {
                    4 or 5 => DateTime.Parse(reader.GetString(i), CultureInfo.InvariantCulture),
                    8 => reader.GetDouble(i),
                    _ => reader.GetString(i),
                };
            }

            rows += insert.ExecuteNonQuery();
        }

        transaction.Commit();
        return rows;
    }

    [Benchmark]
    public object ExportImport() => Run($"Export-SwarmConversation '{_source}' | Import-SwarmConversation '{_url}'");

    [GlobalCleanup]
    public void CleanUp()
    {
        Empty();
        _database!.Dispose();
        _runspace!.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private PSObject Run(string script)
    {
        using var shell = PowerShell.Create(_runspace);
        var output = shell.AddScript(script).Invoke();
        return shell.HadErrors ? throw new InvalidOperationException(shell.Streams.Error[0].ToString()) : output[^1];
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MarketingSwarm.PS.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
