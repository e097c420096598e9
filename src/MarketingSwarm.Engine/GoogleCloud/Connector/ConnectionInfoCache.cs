namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>
///   What is known of one instance for one login. It is renewed when somebody connects and less than four minutes of it are left, or when a connection
///   with it failed; whoever comes meanwhile waits for the same renewal.
/// </summary>
/// <remarks>Lazily, as Google's connectors do where no thread may run in the background: a PowerShell session sleeps most of its time.</remarks>
internal sealed class ConnectionInfoCache(TimeProvider clock)
{
    internal static readonly TimeSpan RefreshBefore = TimeSpan.FromMinutes(4);

    internal static readonly TimeSpan RefreshTimeout = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly RefreshLimiter _limiter = new(clock);
    private ConnectionInfo? _current;
    private bool _isDoubted;
    private Task<ConnectionInfo>? _refreshing;

    /// <summary>Whether what was known has ended and nobody renews it.</summary>
    internal bool IsEnded
    {
        get
        {
            lock (_gate) return _refreshing is null && _current is { } known && known.Expiry <= clock.GetUtcNow();
        }
    }

    /// <summary>What is known now, for who cannot wait; it may have ended.</summary>
    internal ConnectionInfo? Current
    {
        get
        {
            lock (_gate) return _current;
        }
    }

    /// <param name="refresh">Asks Google anew.</param>
    /// <param name="cancellationToken">Ends this caller's wait; the renewal goes on for the others.</param>
    /// <returns>What is known, and whether it was known before.</returns>
    internal async Task<(ConnectionInfo Info, bool WasKnown)> GetAsync(Func<CancellationToken, Task<ConnectionInfo>> refresh, CancellationToken cancellationToken)
    {
        Task<ConnectionInfo> refreshing;
        ConnectionInfo? usable;
        lock (_gate)
        {
            var left = (_current?.Expiry ?? DateTimeOffset.MinValue) - clock.GetUtcNow();
            usable = left > TimeSpan.Zero ? _current : null;
            if (usable is not null && !_isDoubted && left > RefreshBefore) return (usable, true);
            if (_refreshing is null)
            {
                var delay = _limiter.GetDelay();
                if (usable is not null && delay > TimeSpan.Zero) return (usable, true);
                _refreshing = Task.Run(() => RefreshAsync(refresh, delay), CancellationToken.None);
            }

            refreshing = _refreshing;
            if (_isDoubted) usable = null;
        }

        try
        {
            return (await refreshing.WaitAsync(cancellationToken).ConfigureAwait(false), false);
        }
        catch (SwarmException) when (usable is not null)
        {
            // It was renewed before its time, and serves until then.
            return (usable, true);
        }
    }

    /// <summary>Tells that a connection failed with what was known: it is renewed before the next one.</summary>
    internal void Doubt(ConnectionInfo info)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_current, info)) _isDoubted = true;
        }
    }

    private async Task<ConnectionInfo> RefreshAsync(Func<CancellationToken, Task<ConnectionInfo>> refresh, TimeSpan delay)
    {
        try
        {
            if (delay > TimeSpan.Zero) await Task.Delay(delay, clock).ConfigureAwait(false);
            using var limit = new CancellationTokenSource(RefreshTimeout, clock);
            var info = await refresh(limit.Token).ConfigureAwait(false);
            lock (_gate)
            {
                _limiter.Take();
                _current = info;
                _isDoubted = false;
                _refreshing = null;
            }

            return info;
        }
        catch
        {
            lock (_gate) _refreshing = null;
            throw;
        }
    }
}
