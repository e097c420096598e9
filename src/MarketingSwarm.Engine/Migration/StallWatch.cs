using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Ends the wait for a connection that is dead although no error says so: a firewall or a proxy on the way has forgotten it. TCP alone
///   would notice after a quarter of an hour, or never where the proxy goes on answering for the server.
/// </summary>
/// <remarks>
///   However long a statement takes, the server is busy or waits for another session then. Where it waits for us while we wait for it,
///   twice in a row and with nothing done between, what one of both has said does not arrive.
/// </remarks>
internal static class StallWatch
{
    private const int GreatestUnreachable = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // How long what was begun may take to hear of a stop.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>Awaits work that a connection does.</summary>
    /// <param name="work">The work. Where it does not end, it is left to itself, and its session has been ended.</param>
    /// <param name="getProcessId">The server's process for its connection, which must then not be used any more; <see langword="null"/> while there is none.</param>
    /// <param name="database">The target, which is asked over another connection.</param>
    /// <param name="getActivity">A number that grows while the work goes on by itself.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SwarmDatabaseException">The connection is dead.</exception>
    internal static async Task<T> AwaitAsync<T>(
        Task<T> work, Func<int?> getProcessId, SwarmDatabase database, Func<long> getActivity, CancellationToken cancellationToken)
    {
        var isSuspect = false;
        var unreachable = 0;
        var activity = getActivity();
        while (await Task.WhenAny(work, Task.Delay(Interval, cancellationToken)) != work)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _ = await Task.WhenAny(work, Task.Delay(Grace, CancellationToken.None));
                if (work.IsCompleted) break;
                throw new OperationCanceledException(cancellationToken);
            }

            var (wasActivity, wasSuspect) = (activity, isSuspect);
            activity = getActivity();
            isSuspect = false;
            if (activity != wasActivity || getProcessId() is not { } processId) continue;
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
            if (!work.IsCompleted && getActivity() == activity) throw Errors.ConnectionStalled(database);
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

/// <summary>What a <see cref="StallWatch"/> looks at while another thread works.</summary>
internal sealed class ConnectionActivity
{
    private long _count;
    private int _processId;

    /// <summary>Grows while the work goes on; while it is not watched, always.</summary>
    internal long Count => IsPaused ? Environment.TickCount64 : Interlocked.Read(ref _count);

    /// <summary>The server's process; <see langword="null"/> while there is none.</summary>
    internal int? ProcessId
    {
        get => Volatile.Read(ref _processId) is var id and not 0 ? id : null;
        set => Volatile.Write(ref _processId, value ?? 0);
    }

    /// <summary>Whether the work does not depend on the connection now.</summary>
    internal bool IsPaused
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    internal void Add() => Interlocked.Increment(ref _count);
}
