using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   A connection to the target that is opened when it is needed and opened again after an error that passes by itself. What is given to
///   it is done again then, and must find out by itself whether it has been done already.
/// </summary>
internal sealed class TargetSession(
    SwarmDatabase database, RetryPolicy policy, MigrationProgress progress, Func<NpgsqlConnection, CancellationToken, Task> prepare) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;

    /// <summary>Does some work, again and again while it fails for a reason that passes.</summary>
    /// <exception cref="SwarmException">It failed for another reason, or for too long.</exception>
    internal async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await work(await OpenAsync(cancellationToken));
            }
            catch (Exception exception) when (
                RetryPolicy.IsTransient(exception) && !cancellationToken.IsCancellationRequested && Environment.TickCount64 - started < policy.Patience.TotalMilliseconds)
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

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null) return _connection;
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

        return _connection = connection;
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
