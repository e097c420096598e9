using Npgsql;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>The databases and users in a running cluster.</summary>
internal static class ClusterCatalog
{
    internal static async Task<IReadOnlyList<DatabaseInfo>> GetDatabasesAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        await using var connection = await cluster.ConnectAsync(SystemRoles.Admin, cancellationToken);
        // The column of ICU's locale: none up to 14, daticulocale, and from 17 on datlocale.
        var locale = connection.PostgreSqlVersion.Major switch { < 15 => "datcollate", < 17 => "coalesce(daticulocale, datcollate)", _ => "coalesce(datlocale, datcollate)" };
        await using var command = new NpgsqlCommand(
            $"SELECT datname, pg_encoding_to_char(encoding), {locale} FROM pg_database WHERE NOT datistemplate AND datname <> $1 ORDER BY datname COLLATE \"C\"", connection)
        {
            Parameters = { new() { Value = SystemRoles.Admin } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<DatabaseInfo> databases = [];
        while (await reader.ReadAsync(cancellationToken)) databases.Add(new DatabaseInfo(reader.GetString(0), reader.GetString(1), Collations.GetName(reader.GetString(2))));
        return databases;
    }

    internal static async Task CreateDatabaseAsync(Cluster cluster, string name, string? charset, string? collation, CancellationToken cancellationToken)
    {
        var quoted = Sql.QuoteName(name);
        await using var connection = await cluster.ConnectAsync(SystemRoles.Admin, cancellationToken);
        var locale = await Collations.ResolveAsync(connection, collation ?? Collations.Default, cancellationToken);
        await ExecuteAsync(
            connection, $"CREATE DATABASE {quoted} OWNER {SystemRoles.SuperUser} TEMPLATE template0 ENCODING {Sql.QuoteLiteral(charset ?? "UTF8")} {locale}", ClusterFailure.InvalidValue, cancellationToken);
    }

    internal static async Task DropDatabaseAsync(Cluster cluster, string name, CancellationToken cancellationToken)
    {
        if (name == SystemRoles.Admin) throw new ClusterException(ClusterFailure.NotFound, $"There is no database '{name}' that could be dropped.");
        await using var connection = await cluster.ConnectAsync(SystemRoles.Admin, cancellationToken);
        await ExecuteAsync(connection, $"DROP DATABASE {Sql.QuoteName(name)} WITH (FORCE)", ClusterFailure.NotFound, cancellationToken);
    }

    internal static async Task<IReadOnlyList<UserInfo>> GetUsersAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        await using var connection = await cluster.ConnectAsync(SystemRoles.Admin, cancellationToken);
        List<UserInfo> users = [];
        await foreach (var (name, canLogIn, memberships) in ReadRolesAsync(connection, null, cancellationToken))
        {
            var kind = SystemRoles.GetKind(memberships);
            if (SystemRoles.IsReserved(name) || !(canLogIn || kind == UserKind.IamGroup)) continue;
            users.Add(new UserInfo(name, kind, [.. memberships.Where(role => role != SystemRoles.GetMarker(kind))]));
        }

        return users;
    }

    internal static async Task SetUserAsync(
        Cluster cluster, string name, UserKind kind, string? password, IReadOnlyList<string>? databaseRoles, CancellationToken cancellationToken)
    {
        if (SystemRoles.IsReserved(name)) throw new ClusterException(ClusterFailure.InvalidValue, $"'{name}' is a name of the system's own. Choose another. Nothing was changed.");
        var quoted = Sql.QuoteName(name);
        foreach (var role in databaseRoles ?? [])
        {
            if (role != SystemRoles.SuperUser && SystemRoles.IsReserved(role) && !SystemRoles.GrantablePredefined.Contains(role))
                throw new ClusterException(ClusterFailure.InvalidValue, $"The role '{role}' cannot be given to a user. Nothing was changed.");
        }

        await using var connection = await cluster.ConnectAsync(SystemRoles.Admin, cancellationToken);
        string[]? memberships = null;
        await foreach (var role in ReadRolesAsync(connection, name, cancellationToken)) memberships = role.Memberships;

        List<string> statements = [];
        IEnumerable<string> wanted = databaseRoles ?? (memberships is null ? (kind == UserKind.BuiltIn ? [SystemRoles.SuperUser] : []) : memberships);
        if (memberships is null)
        {
            var login = kind == UserKind.IamGroup ? "NOLOGIN" : "LOGIN";
            var rights = wanted.Contains(SystemRoles.SuperUser) ? " CREATEDB CREATEROLE" : "";
            statements.Add(Sql.DefinePassword($"CREATE ROLE {quoted} {login}{rights}", password));
            if (SystemRoles.GetMarker(kind) is { } marker) statements.Add($"GRANT {marker} TO {quoted}");
        }
        else
        {
            if (SystemRoles.GetKind(memberships) != kind)
                throw new ClusterException(ClusterFailure.AlreadyExists, $"There is a user '{name}' already, and it is of another type. Nothing was changed.");
            if (password is not null) statements.Add(Sql.DefinePassword($"ALTER ROLE {quoted}", password));
            if (databaseRoles is not null) statements.Add($"ALTER ROLE {quoted} {(wanted.Contains(SystemRoles.SuperUser) ? "CREATEDB CREATEROLE" : "NOCREATEDB NOCREATEROLE")}");
        }

        var kept = SystemRoles.GetMarker(kind);
        foreach (var role in (memberships ?? []).Except(wanted)) if (role != kept) statements.Add($"REVOKE {Sql.QuoteName(role)} FROM {quoted}");
        foreach (var role in wanted.Except(memberships ?? [])) statements.Add($"GRANT {Sql.QuoteName(role)} TO {quoted}");
        if (statements.Count > 0) await ExecuteAsync(connection, string.Join(";\n", statements), ClusterFailure.InvalidValue, cancellationToken);
    }

    internal static async Task SetPasswordAsync(Cluster cluster, string name, string password, CancellationToken cancellationToken)
    {
        if (SystemRoles.IsReserved(name)) throw new ClusterException(ClusterFailure.NotFound, $"There is no user '{name}'.");
        await using var connection = await cluster.ConnectAsync(SystemRoles.Admin, cancellationToken);
        await ExecuteAsync(connection, Sql.DefinePassword($"ALTER ROLE {Sql.QuoteName(name)}", password), ClusterFailure.NotFound, cancellationToken);
    }

    internal static async Task DropUserAsync(Cluster cluster, string name, CancellationToken cancellationToken)
    {
        if (SystemRoles.IsReserved(name)) throw new ClusterException(ClusterFailure.NotFound, $"There is no user '{name}' that could be dropped.");
        await using var connection = await cluster.ConnectAsync(SystemRoles.Admin, cancellationToken);
        await ExecuteAsync(connection, $"DROP ROLE {Sql.QuoteName(name)}", ClusterFailure.NotFound, cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statements, ClusterFailure missing, CancellationToken cancellationToken)
    {
        try
        {
            await Sql.ExecuteAsync(connection, statements, cancellationToken);
        }
        catch (PostgresException exception)
        {
            throw Sql.Translate(exception, missing);
        }
    }

    private static async IAsyncEnumerable<(string Name, bool CanLogIn, string[] Memberships)> ReadRolesAsync(
        NpgsqlConnection connection, string? name, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT r.rolname, r.rolcanlogin,
                   ARRAY(SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid GROUP BY g.rolname ORDER BY g.rolname COLLATE "C")::text[]
            FROM pg_roles r WHERE $1::text IS NULL OR r.rolname = $1 ORDER BY r.rolname COLLATE "C"
            """, connection)
        {
            Parameters = { new() { Value = (object?)name ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) yield return (reader.GetString(0), reader.GetBoolean(1), reader.GetFieldValue<string[]>(2));
    }
}
