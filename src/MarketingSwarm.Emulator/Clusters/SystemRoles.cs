using Npgsql;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>The roles and databases that every instance of Cloud SQL has.</summary>
internal static class SystemRoles
{
    /// <summary>The one superuser, and the name of its own database. Users of the API cannot be it.</summary>
    internal const string Admin = "cloudsqladmin";

    /// <summary>What every built-in user is a member of, and the owner of every database that the API makes.</summary>
    internal const string SuperUser = "cloudsqlsuperuser";

    /// <summary>The user that an instance is born with.</summary>
    internal const string DefaultUser = "postgres";

    private const string IamUser = "cloudsqliamuser";
    private const string IamServiceAccount = "cloudsqliamserviceaccount";
    private const string IamGroup = "cloudsqliamgroup";

    /// <summary>The predefined roles that give no way out of the database, to the files and programs of this machine.</summary>
    internal static readonly string[] GrantablePredefined =
        ["pg_monitor", "pg_read_all_data", "pg_write_all_data", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables", "pg_signal_backend", "pg_maintain", "pg_checkpoint"];

    /// <summary>Whether a name is PostgreSQL's or the emulator's own.</summary>
    internal static bool IsReserved(string name)
        => name is Admin or SuperUser or IamUser or IamServiceAccount or IamGroup or "public" or "none" || name.StartsWith("pg_", StringComparison.Ordinal);

    /// <summary>The role whose members are the users of that kind; null for built-in ones.</summary>
    internal static string? GetMarker(UserKind kind) => kind switch
    {
        UserKind.IamUser => IamUser,
        UserKind.IamServiceAccount => IamServiceAccount,
        UserKind.IamGroup => IamGroup,
        _ => null,
    };

    /// <summary>What kind of user is a member of these roles.</summary>
    internal static UserKind GetKind(IReadOnlyCollection<string> roles)
        => Enum.GetValues<UserKind>().FirstOrDefault(kind => GetMarker(kind) is { } marker && roles.Contains(marker), UserKind.BuiltIn);

    /// <summary>Makes them in a new cluster.</summary>
    internal static async Task CreateAsync(NpgsqlConnection connection, string? rootPassword, CancellationToken cancellationToken)
    {
        await Sql.ExecuteAsync(
            connection,
            $"""
            CREATE ROLE {SuperUser} NOLOGIN CREATEDB CREATEROLE;
            GRANT pg_monitor, pg_signal_backend TO {SuperUser};
            CREATE ROLE {IamUser} NOLOGIN;
            CREATE ROLE {IamServiceAccount} NOLOGIN;
            CREATE ROLE {IamGroup} NOLOGIN;
            ALTER DATABASE postgres OWNER TO {SuperUser}
            """, cancellationToken);
        // CREATE DATABASE stands alone.
        await Sql.ExecuteAsync(connection, $"CREATE DATABASE {Admin}", cancellationToken);
        await Sql.ExecuteAsync(
            connection,
            $"REVOKE ALL ON DATABASE {Admin} FROM PUBLIC;\n{Sql.DefinePassword($"CREATE ROLE {DefaultUser} LOGIN CREATEDB CREATEROLE IN ROLE {SuperUser}", rootPassword)}",
            cancellationToken);
    }
}
