using System.Data;
using Npgsql;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>Queries on an open connection, whose rows are given while they are read, and whose errors are the module's own.</summary>
/// <param name="connection">The connection; it stays the caller's. One query at a time.</param>
/// <param name="database">The database that errors name.</param>
internal sealed class PostgresQuery(NpgsqlConnection connection, SwarmDatabase database)
{
    /// <param name="sql">The query.</param>
    /// <param name="read">Makes something of a row, whose columns it reads one after another.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    /// <param name="parameters">The values of $1, $2 and so on.</param>
    internal IEnumerable<T> Run<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        using var stop = cancellationToken.Register(command.Cancel);
        using var reader = Guard(() => command.ExecuteReader(CommandBehavior.SequentialAccess), cancellationToken);
        var isAtEnd = false;
        try
        {
            while (Guard(reader.Read, cancellationToken)) yield return Guard(() => read(reader), cancellationToken);
            isAtEnd = true;
        }
        finally
        {
            // Disposing the reader would fetch the rows that nobody wants any more.
            if (!isAtEnd) command.Cancel();
        }
    }

    private T Guard<T>(Func<T> step, CancellationToken cancellationToken)
    {
        try
        {
            return step();
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }
}
