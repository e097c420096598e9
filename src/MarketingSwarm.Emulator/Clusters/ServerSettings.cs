using System.Text;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>The server's configuration: what an instance's flags say, between defaults that let many servers share a machine and settings that are not theirs to change.</summary>
internal static partial class ServerSettings
{
    /// <summary>All of postgresql.conf: it is in the data folder, and so in every backup, while the settings stay with the cluster.</summary>
    internal const string Include = "include '../../server.conf'\n";

    /// <summary>Passwords by SCRAM only, and from this machine only.</summary>
    internal const string HostBasedAuthentication =
        """
        host  replication  cloudsqladmin  127.0.0.0/8  scram-sha-256
        host  all          all            127.0.0.0/8  scram-sha-256

        """;

    // What would let the holder of the API's token run programs, read files or leave loopback, or what the emulator needs as it is.
    // Cloud SQL has none of these among its flags either.
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "listen_addresses", "port", "bonjour", "ssl", "fsync", "full_page_writes", "password_encryption", "cluster_name", "logging_collector", "log_destination",
        "event_source", "restart_after_crash", "archive_mode", "wal_level", "primary_conninfo", "unix_socket_group", "unix_socket_permissions", "data_sync_retry",
        "allow_system_table_mods", "ignore_checksum_failure", "zero_damaged_pages", "local_preload_libraries", "exit_on_error", "superuser_reserved_connections",
    };

    private static readonly string[] ReservedEndings = ["_command", "_libraries", "_library", "_file", "_directory", "_directories", "_path", "_target_name"];

    /// <summary>The text of server.conf.</summary>
    /// <exception cref="ClusterException">A flag's name or value cannot be one.</exception>
    internal static string Write(ClusterId id, ClusterAddress address, IReadOnlyDictionary<string, string> flags)
    {
        var text = new StringBuilder()
            .Append("# Written by the emulator before every start of the server.\n")
            .Append("shared_buffers = '32MB'\nmin_wal_size = '32MB'\nmax_wal_size = '256MB'\ntimezone = 'UTC'\nlog_timezone = 'UTC'\nlog_statement = 'none'\n");
        foreach (var (name, value) in flags.OrderBy(flag => flag.Key, StringComparer.Ordinal))
        {
            if (name.StartsWith("cloudsql.", StringComparison.OrdinalIgnoreCase)) continue;
            if (!NamePattern().IsMatch(name) || Reserved.Contains(name) || ReservedEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
                throw new ClusterException(ClusterFailure.InvalidFlag, $"'{name}' is not a database flag that can be set. Nothing was changed.");
            if (value.AsSpan().ContainsAnyInRange('\0', '\x1f'))
                throw new ClusterException(ClusterFailure.InvalidFlag, $"The value of the database flag '{name}' has control characters in it. Nothing was changed.");
            text.Append(name).Append(" = ").Append(Quote(value)).Append('\n');
        }

        // The last one counts. A cluster outlives the kill of any process without fsync, and is made and loaded several times faster; a power cut
        // may cost it, as a rehearsal's data may be lost.
        return text
            .Append("listen_addresses = ").Append(Quote(address.IPAddress)).Append('\n')
            .Append("port = ").Append(address.Port).Append('\n')
            .Append("unix_socket_directories = ''\nssl = off\nfsync = off\nfull_page_writes = off\nwal_level = 'replica'\nmax_wal_senders = 4\n")
            .Append("password_encryption = 'scram-sha-256'\nlogging_collector = off\nlog_destination = 'stderr'\n")
            .Append("cluster_name = ").Append(Quote(id.ToString())).Append('\n')
            .ToString();
    }

    // In a quoted value of a configuration file, a backslash begins an escape.
    private static string Quote(string value)
        => $"'{value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?\z")]
    private static partial Regex NamePattern();
}
