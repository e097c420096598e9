using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Ends the wait for a connection that is dead although no error says so: a firewall or a proxy on the way has forgotten it. TCP alone
///   would notice after a quarter of an hour, or never where the proxy goes on answering for the server.
/// </summary>
/// <remarks>
///   However long a statement takes, the server is busy or waits for another session then. Where it waits for us while we wait for it,
///   twice in a row and with nothing sent between, what one of both has said does not arrive.
/// </remarks>
internal static class StallWatch
{
    private const int GreatestUnreachable = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // How long what was begun may take to hear of a stop.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>Awaits work that a connection does.</summary>
    /// <param name="work">The work. Where it does not end, it is left to itself, and its session has been ended.</param>
    /// <param name="processId">The server's process for its connection, which must then not be used any more.</param>
    /// <param name="database">The target, which is asked over another connection.</param>
    /// <param name="getSent">The bytes that the work has sent so far, where it sends many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SwarmDatabaseException">The connection is dead.</exception>
    internal static async Task<T> AwaitAsync<T>(
        Task<T> work, int processId, SwarmDatabase database, Func<long> getSent, CancellationToken cancellationToken)
    {
        var isSuspect = false;
        var unreachable = 0;
        var sent = getSent();
        while (await Task.WhenAny(work, Task.Delay(Interval, cancellationToken)) != work)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _ = await Task.WhenAny(work, Task.Delay(Grace, CancellationToken.None));
                if (work.IsCompleted) break;
                throw new OperationCanceledException(cancellationToken);
            }

            var (wasSent, wasSuspect) = (sent, isSuspect);
            sent = getSent();
            isSuspect = false;
            if (sent != wasSent) continue;
            switch (await ProbeAsync(database, processId, endsSession: wasSuspect, cancellationToken))
            {
                case Answer.Unreachable when ++unreachable < GreatestUnreachable:
                    continue;
                case Answer.Works:
                    unreachable = 0;
                    continue;
                case Answer.Waits when !wasSuspect:
                    unreachable = 0;
                    isSuspect = true;
                    continue;
            }

            // Its answer may have come meanwhile.
            if (!work.IsCompleted && getSent() == sent) throw Errors.ConnectionStalled(database);
        }

        return await work;
    }

    private static async Task<Answer> ProbeAsync(SwarmDatabase database, int processId, bool endsSession, CancellationToken cancellationToken)
    {
        try
        {
            await using var other = await PostgresConnector.OpenAsync(database, cancellationToken);
            await using var command = new NpgsqlCommand(
                """
                SELECT wait_event_type = 'Client', CASE WHEN wait_event_type = 'Client' AND $2 THEN pg_terminate_backend(pid) END
                FROM pg_stat_activity WHERE pid = $1 AND usename = current_user AND datname = current_database()
                """, other)
            {
                Parameters = { new() { Value = processId }, new() { Value = endsSession } },
            };
            return await command.ExecuteScalarAsync(cancellationToken) switch
            {
                null => Answer.Gone,
                true => Answer.Waits,
                _ => Answer.Works,
            };
        }
        catch (Exception exception) when (exception is SwarmDatabaseException or NpgsqlException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return exception is SwarmDatabaseException { Failure: SwarmDatabaseFailure.TooManyConnections } ? Answer.Works : Answer.Unreachable;
        }
    }

    private enum Answer
    {
        /// <summary>The server works for the connection, or cannot be asked since it has no connection left.</summary>
        Works,

        /// <summary>The server waits for the connection's next word.</summary>
        Waits,

        /// <summary>The server has no such session.</summary>
        Gone,

        /// <summary>The server does not answer.</summary>
        Unreachable,
    }
}
