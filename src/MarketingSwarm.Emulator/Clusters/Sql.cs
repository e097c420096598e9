using System.Text;
using Npgsql;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>Statements of which none appears in a server's log, and their errors.</summary>
internal static class Sql
{
    /// <summary>Longer names are cut by PostgreSQL, silently. In bytes.</summary>
    private const int MaximumNameLength = 63;

    // Whatever the instance's flags say, the statements below may have a password or its verifier in them.
    private const string Discretion =
        "SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_duration_sample = -1; SET log_transaction_sample_rate = 0; " +
        "SET log_min_error_statement = 'panic'; SET log_min_messages = 'panic'; SET debug_print_parse = off; SET standard_conforming_strings = on; ";

    /// <summary>Executes statements; more than one are one transaction.</summary>
    /// <exception cref="PostgresException">The server refuses them.</exception>
    internal static async Task ExecuteAsync(NpgsqlConnection connection, string statements, CancellationToken cancellationToken)
    {
        await using (var discretion = new NpgsqlCommand(Discretion, connection)) await discretion.ExecuteNonQueryAsync(cancellationToken);
        await using var command = new NpgsqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A statement about a role with the password at its end; null means none.</summary>
    internal static string DefinePassword(string statement, string? password)
        => $"{statement} PASSWORD {(password is null ? "NULL" : QuoteLiteral(ScramVerifier.TryCreate(password) ?? password))}";

    /// <exception cref="ClusterException">It cannot be a name.</exception>
    internal static string QuoteName(string name)
    {
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(name) > MaximumNameLength)
            throw new ClusterException(ClusterFailure.InvalidValue, $"'{name}' cannot be a name in PostgreSQL: it must have 1 to {MaximumNameLength} bytes. Nothing was changed.");
        return $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    internal static string QuoteLiteral(string value)
        => value.Contains('\0', StringComparison.Ordinal)
            ? throw new ClusterException(ClusterFailure.InvalidValue, "A value has a character in it that PostgreSQL cannot store (U+0000). Nothing was changed.")
            : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>What a refusal is for the API: the server's own words, which never repeat a statement.</summary>
    /// <param name="exception">The refusal.</param>
    /// <param name="missing">What it is when something is not there: the object that the call is about, or one that a value names.</param>
    internal static ClusterException Translate(PostgresException exception, ClusterFailure missing) => new(
        exception.SqlState switch
        {
            PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.DuplicateObject => ClusterFailure.AlreadyExists,
            PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.UndefinedObject => missing,
            PostgresErrorCodes.DependentObjectsStillExist or PostgresErrorCodes.ObjectInUse => ClusterFailure.InUse,
            _ when exception.SqlState.StartsWith("22", StringComparison.Ordinal) || exception.SqlState.StartsWith("42", StringComparison.Ordinal) => ClusterFailure.InvalidValue,
            _ => ClusterFailure.Failed,
        },
        $"{char.ToUpperInvariant(exception.MessageText[0])}{exception.MessageText[1..]}.{(exception.Detail is { Length: > 0 } detail ? $" {detail}" : "")}",
        exception);
}
