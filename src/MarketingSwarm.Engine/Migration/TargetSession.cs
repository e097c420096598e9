using System.Data;
using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   A connection to the target that is opened when it is needed and opened again after an error that passes by itself. What is given to
///   it is done again then, and must find out by itself whether it has been done already.
/// </summary>
/// <param name="database">The target.</param>
/// <param name="policy">Which errors pass by themselves.</param>
/// <param name="progress">Told of each of them.</param>
/// <param name="prepare">What each new connection does first.</param>
/// <param name="getSent">The bytes sent so far (<see cref="StallWatch"/>); <see langword="null"/> where statements are short.</param>
/// <param name="isFirst">
///   Whether nobody has reached the target yet: where nothing answers, the address may be wrong, which does not pass. Afterwards it may be a restart.
/// </param>
internal sealed class TargetSession(
    SwarmDatabase database, RetryPolicy policy, MigrationProgress progress, Func<NpgsqlConnection, CancellationToken, Task> prepare,
    Func<long>? getSent = null, bool isFirst = false) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;
    private bool _wasReached = !isFirst;

    /// <summary>Does some work, again and again while it fails for a reason that passes.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="isWatched">Whether the connection does all of the work, so that the work's waiting is the connection's.</param>
    /// <exception cref="SwarmException">It failed for another reason, or for too long.</exception>
    internal async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken, bool isWatched = true)
    {
        var started = Environment.TickCount64;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var connection = await OpenAsync(cancellationToken);
                if (!isWatched) return await work(connection);
                int? processId = connection.ProcessID;
                var working = work(connection);
                try
                {
                    return await StallWatch.AwaitAsync(working, () => processId, database, getSent ?? (() => 0), cancellationToken);
                }
                finally
                {
                    if (!working.IsCompleted) Abandon(working);
                }
            }
            catch (Exception exception) when (
                RetryPolicy.IsTransient(exception) && (_wasReached || RetryPolicy.HasAnswered(exception))
                && !cancellationToken.IsCancellationRequested && Environment.TickCount64 - started < policy.Patience.TotalMilliseconds)
            {
                await CloseAsync();
                var delay = RetryPolicy.GetDelay(attempt);
                progress.AddRetry(FormattableString.Invariant(
                    $"{PostgresErrors.Translate(exception, database).Message} It is tried again in {delay.TotalSeconds:0.0} s (attempt {attempt})."));
                await Task.Delay(delay, cancellationToken);
            }
            catch (Exception)
            {
                // Whatever the work had begun is rolled back with the connection.
                await CloseAsync();
                cancellationToken.ThrowIfCancellationRequested();
                throw;
            }
        }
    }

    internal Task RunAsync(Func<NpgsqlConnection, Task> work, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            await work(connection);
            return true;
        },
        cancellationToken);

    public async ValueTask DisposeAsync() => await CloseAsync();

    /// <summary>Names a session, and takes off the limits that a role's settings may have: a load's statements take as long as they need.</summary>
    internal static async Task LiftTimeoutsAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var settings = new NpgsqlCommand(
            """
            SELECT set_config('application_name', $1, false), set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),
                   set_config('idle_in_transaction_session_timeout', '0', false)
            """, connection)
        {
            Parameters = { new() { Value = name } },
        };
        await settings.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_connection is { State: ConnectionState.Open }) return _connection;
        await CloseAsync();
        var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        try
        {
            await prepare(connection, cancellationToken);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        _wasReached = true;
        return _connection = connection;
    }

    // What cannot be ended is closed when it ends by itself.
    private void Abandon(Task working)
    {
        var connection = _connection!;
        _connection = null;
        _ = working.ContinueWith(
            async ended =>
            {
                _ = ended.Exception;
                await connection.DisposeAsync();
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task CloseAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or InvalidOperationException)
        {
            // It is broken, and the server rolls back by itself.
        }
    }
}
