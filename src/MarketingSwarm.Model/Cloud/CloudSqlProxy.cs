namespace MarketingSwarm;

/// <summary>A proxy that other programs of this machine reach a Cloud SQL instance by, as it was when it was looked at. Start-SwarmCloudSqlProxy starts it; it ends with the session.</summary>
public sealed class CloudSqlProxy
{
    internal CloudSqlProxy()
    {
    }

    /// <summary>The proxy's number in this process, from 1.</summary>
    public required int Id { get; init; }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The instance's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The instance's connection name, <c>project:region:name</c>.</summary>
    public required string ConnectionName { get; init; }

    /// <summary>What programs are told as the host: an address, or the folder of a Unix socket.</summary>
    public required string Host { get; init; }

    /// <summary>What programs are told as the port; also the number in the Unix socket's name.</summary>
    public required int Port { get; init; }

    /// <summary>Whether who connects is logged in by the Google identity of the session that started it.</summary>
    public bool IsIamLogin { get; internal init; }

    /// <summary>When it was started, in UTC.</summary>
    public required DateTime StartTime { get; init; }

    /// <summary>Whether it still takes connections.</summary>
    public required bool IsRunning { get; init; }

    /// <summary>The connections that are open.</summary>
    public required int ConnectionCount { get; init; }

    /// <summary>All connections so far, those that failed included.</summary>
    public required long TotalConnectionCount { get; init; }

    /// <summary>The bytes that programs sent to the instance, before encryption.</summary>
    public required long BytesSent { get; init; }

    /// <summary>The bytes that the instance sent to programs, before encryption.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>Why the last connection that failed did so; <see langword="null"/> where none failed.</summary>
    public string? LastError { get; internal init; }

    /// <summary>Where it listens, as a URL for psql and the application; user and database are to be added.</summary>
    public string Url => Host.StartsWith('/') || Path.IsPathRooted(Host)
        ? $"postgresql:///?host={Uri.EscapeDataString(Host).Replace("%2F", "/", StringComparison.Ordinal)}&port={Port}"
        : $"postgresql://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}/?sslmode=disable";

    /// <summary>Where it listens, and for which instance.</summary>
    public override string ToString() => $"{Host}:{Port} → {ConnectionName}";
}
