using System.Diagnostics;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Migration.Cutover;

/// <summary>
///   Holds every writer of a SQLite file off by <c>BEGIN IMMEDIATE</c>, and gives the file back by itself when its budget is spent, whatever
///   its owner is doing. It writes nothing. Readers go on. A process that dies gives it back too.
/// </summary>
internal sealed class Fence : IDisposable
{
    private readonly object _gate = new();
    private readonly SqliteConnection _connection;
    private readonly CancellationTokenSource _expired = new();
    private readonly Timer _watchdog;
    private readonly TimeSpan _budget;
    private readonly long _raised = Stopwatch.GetTimestamp();
    private TimeSpan? _held;

    private Fence(SqliteConnection connection, TimeSpan budget)
    {
        _connection = connection;
        _budget = budget;
        _watchdog = new Timer(_ => Expire(), null, budget, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when the budget is spent.</summary>
    internal CancellationToken Expired => _expired.Token;

    /// <summary>How long writers are, or were, held off.</summary>
    internal TimeSpan Held => _held ?? Stopwatch.GetElapsedTime(_raised);

    /// <summary>Raises it. A writer that is at it is waited for.</summary>
    /// <param name="database">The file.</param>
    /// <param name="budget">The longest that writers are held off.</param>
    /// <param name="cancellationToken">Ends the wait for another writer.</param>
    /// <exception cref="SwarmDatabaseException">Another writer does not end, or the file cannot be written by this user.</exception>
    internal static Fence Raise(SwarmDatabase database, TimeSpan budget, CancellationToken cancellationToken)
    {
        var connection = SqliteConnector.OpenWrite(database, create: false, cancellationToken);
        try
        {
            SqliteConnector.BeginWrite(connection, database, cancellationToken);
            return new Fence(connection, budget);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Gives the file back where the budget is spent, also where the timer is late.</summary>
    /// <exception cref="OperationCanceledException">It is spent.</exception>
    internal void ThrowIfSpent()
    {
        bool isDown;
        lock (_gate) isDown = _held is not null;
        // The timer takes the fence down first and says so a moment later: what is down already counts as spent, said or not.
        if (isDown || Stopwatch.GetElapsedTime(_raised) >= _budget)
        {
            Release();
            _expired.Cancel();
        }

        _expired.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Gives the file back.</summary>
    /// <returns>Whether it was held until now.</returns>
    internal bool Release()
    {
        lock (_gate)
        {
            if (_held is not null) return false;
            _ = raw.sqlite3_exec(_connection.Handle!, "ROLLBACK");
            _held = Stopwatch.GetElapsedTime(_raised);
            return true;
        }
    }

    public void Dispose()
    {
        Release();
        _watchdog.Dispose();
        _connection.Dispose();
        _expired.Dispose();
    }

    private void Expire()
    {
        if (Release()) _expired.Cancel();
    }
}
