using System.Diagnostics;
using MarketingSwarm.Testing;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Benchmarks.Comparison.Contestants;

/// <summary>
///   The floor of one backend: COPY from a binary file on the server, rows in the source's order, with no client to wait for. Its primary key is kept up during
///   the load, or added after it.
/// </summary>
internal sealed class ServerCopyContestant(Compression compression, bool keyAfter) : Contestant(keyAfter ? "server-copy-key-after" : "server-copy", compression)
{
    internal static string? Psql { get; } = Programs.Find("psql", PostgresCluster.ProgramFolder is { } folder ? [folder] : []);

    internal override TableBefore Table => keyAfter ? TableBefore.WithoutKey : TableBefore.WithKey;

    internal override Task<string?> GetSkipReasonAsync() => Task.FromResult(Psql is null ? "psql was not found" : null);

    internal override async Task<string?> PrepareAsync(SampleFile source, BenchmarkServer server, Workspace workspace)
    {
        if (File.Exists(GetFile(source, workspace))) return null;
        await using var database = await server.CreateDatabaseAsync(Compression);
        await database.ExecuteAsync(ConversationTable.GetDefinition(withKey: false, compression: null));
        await FillAsync(source, database);
        try
        {
            await database.ExecuteAsync($"COPY conversations TO {Quote(GetFile(source, workspace))} WITH (FORMAT binary)");
            return null;
        }
        catch (PostgresException exception)
        {
            return $"the server cannot write its file: {exception.MessageText}";
        }
    }

    internal override ProcessStartInfo GetStart(SampleFile source, TargetDatabase target, Workspace workspace)
    {
        string[] key = keyAfter ? ["-c", "ALTER TABLE conversations ADD PRIMARY KEY (id)"] : [];
        var start = new ProcessStartInfo(
            Psql!,
            ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", target.Url, "-c", $"COPY conversations FROM {Quote(GetFile(source, workspace))} WITH (FORMAT binary)", .. key]);
        target.AddPassword(start, workspace);
        return start;
    }

    private static string GetFile(SampleFile source, Workspace workspace) => Path.Combine(workspace.ServerFolder, $"{source.Name}.copy");

    private static string Quote(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    private static async Task FillAsync(SampleFile source, TargetDatabase database)
    {
        await using var connection = new SqliteConnection($"Data Source={source.Path};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        using var select = connection.CreateCommand();
        select.CommandText = $"SELECT {ConversationTable.ColumnList} FROM conversations ORDER BY rowid";
        using var reader = await select.ExecuteReaderAsync();

        await using var target = await database.Source.OpenConnectionAsync();
        await using var importer = await target.BeginBinaryImportAsync($"COPY conversations ({ConversationTable.ColumnList}) FROM STDIN WITH (FORMAT binary)");
        importer.Timeout = TimeSpan.Zero;
        while (await reader.ReadAsync())
        {
            await importer.StartRowAsync();
            for (var i = 0; i < ConversationTable.Columns.Count; i++)
            {
                if (reader.IsDBNull(i))
                {
                    await importer.WriteNullAsync();
                    continue;
                }

                await (ConversationTable.Columns[i].Kind switch
                {
                    ConversationTable.Kind.Time => importer.WriteAsync(reader.GetDateTime(i), NpgsqlDbType.Timestamp),
                    ConversationTable.Kind.Number => importer.WriteAsync(reader.GetDouble(i), NpgsqlDbType.Double),
                    _ => importer.WriteAsync(reader.GetString(i), NpgsqlDbType.Text),
                });
            }
        }

        await importer.CompleteAsync();
    }
}
