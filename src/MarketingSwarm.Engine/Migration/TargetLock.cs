using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>One migration a table at a time: an advisory lock of the session that steers it, which ends with its process.</summary>
internal static class TargetLock
{
    // "SWAM".
    private const int Class = 0x5357_414D;

    // The server needs a moment to notice that a killed process is gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Takes the lock, or says who has it.</summary>
    /// <exception cref="SwarmDatabaseException">Another migration has it.</exception>
    internal static async Task TakeAsync(NpgsqlConnection connection, SwarmDatabase database, string schema, CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        while (!await TryTakeAsync(connection, schema, cancellationToken))
        {
            if (Environment.TickCount64 - started > Patience.TotalMilliseconds)
                throw Errors.MigrationRunning(database, await DescribeHolderAsync(connection, schema, cancellationToken));
            await Task.Delay(100, cancellationToken);
        }
    }

    /// <summary>
    ///   Ends the other sessions whose name is or begins with a given one, whose process is gone or has lost them, so that what they have locked or not committed is in nobody's way.
    /// </summary>
    internal static async Task EndSessionsAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var end = new NpgsqlCommand(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE starts_with(application_name, $1) AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
            """, connection)
        {
            Parameters = { new() { Value = name } },
        };
        while ((long)(await end.ExecuteScalarAsync(cancellationToken))! > 0) await Task.Delay(50, cancellationToken);
    }

    private static async Task<bool> TryTakeAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({Class}, hashtext($1))", connection) { Parameters = { new() { Value = schema } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<string> DescribeHolderAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT format('PID %s of user %s from %s, since %s UTC', pid, usename, coalesce(host(client_addr), 'this machine'),
                          to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
            FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE locktype = 'advisory' AND classid = {Class} AND objid = (hashtext($1)::bigint & 4294967295)::oid AND objsubid = 2 AND granted
            """, connection)
        {
            Parameters = { new() { Value = schema } },
        };
        return await command.ExecuteScalarAsync(cancellationToken) as string ?? "its session has just ended";
    }
}
