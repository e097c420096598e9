using System.Net.Sockets;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>Which of the server's errors pass by themselves, and how long to wait before the next attempt.</summary>
internal sealed class RetryPolicy
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan GreatestDelay = TimeSpan.FromSeconds(5);

    /// <summary>How long it goes on trying without one success: a server's restart or a failover takes less.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    ///   Whether the same work may succeed when it is done again: the server shuts down or starts (57P01, 57P02, 57P03), has no
    ///   connection left (53300), could not serialize (40001) or broke a deadlock (40P01), or the connection is gone (class 08, a socket's error).
    /// </summary>
    internal static bool IsTransient(Exception exception) => exception switch
    {
        PostgresException refused => refused.SqlState is "57P01" or "57P02" or "57P03" or "57P05" or "53300" or "40001" or "40P01"
            || refused.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException or IOException { InnerException: SocketException } or EndOfStreamException or SocketException or ObjectDisposedException => true,
        SwarmDatabaseException database => database.SqlState is { } state
            ? state is "57P01" or "57P02" or "57P03" or "53300" or "40001" or "40P01"
            : database.Failure is SwarmDatabaseFailure.ConnectionRefused or SwarmDatabaseFailure.Timeout || database.ErrorId is nameof(Errors.ConnectionLost) or nameof(Errors.InstanceConnectionLost),
        // On the way to an instance by its name.
        SwarmCloudException cloud => cloud.Failure is SwarmCloudFailure.Unavailable or SwarmCloudFailure.Timeout,
        _ => false,
    };

    /// <summary>Whether it was the server that spoke, so that its address is right.</summary>
    internal static bool HasAnswered(Exception exception) => exception is PostgresException or SwarmDatabaseException { SqlState: not null };

    /// <summary>The wait before an attempt: doubled each time, between half and all of it by chance, so that lanes do not come back together.</summary>
    /// <param name="attempt">The attempts that failed so far, from 1.</param>
    internal static TimeSpan GetDelay(int attempt)
    {
        var delay = Math.Min(GreatestDelay.TotalMilliseconds, FirstDelay.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 20)));
        return TimeSpan.FromMilliseconds(delay * (0.5 + Random.Shared.NextDouble() / 2));
    }
}
