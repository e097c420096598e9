using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>What values a type holds, as far as a literal must fit it.</summary>
internal enum TypeFamily
{
    Text,
    Integer,
    Real,
    Numeric,
    Boolean,
    Timestamp,
    TimestampWithTimeZone,
    Date,
    Time,
    Bytes,
    Other,
}

/// <summary>A column's type in one engine.</summary>
/// <param name="Name">The type as SQL writes it.</param>
/// <param name="Family">What it holds.</param>
/// <param name="Doubt">Why the type may be the wrong one; <see langword="null"/> where it is the right one.</param>
internal readonly record struct ColumnType(string Name, TypeFamily Family, string? Doubt = null);

/// <summary>Finds the type of one engine that holds what a type of the other holds.</summary>
internal static partial class ColumnTypes
{
    internal static ColumnType ToPostgres(SchemaColumn column)
    {
        // The application's ten are what its data is, whatever the file declares.
        if (FindOwn(column.Name, StringComparison.OrdinalIgnoreCase) is { } own) return new ColumnType(own.PostgresType.Split(" COLLATE")[0], GetOwnFamily(own.Column));
        var declared = column.Type;
        var name = Arguments().Replace(declared, "").Trim().ToUpperInvariant();
        return name switch
        {
            // SQLite enforces no length and no precision, so that the data may be longer.
            "VARCHAR" or "NVARCHAR" or "CHAR" or "NCHAR" or "CHARACTER" or "CHARACTER VARYING" or "VARYING CHARACTER" or "NATIVE CHARACTER"
                => new ColumnType("varchar", TypeFamily.Text),
            "TEXT" or "CLOB" or "JSON" or "JSONB" or "UUID" => new ColumnType("text", TypeFamily.Text),
            "DATETIME" or "TIMESTAMP" => new ColumnType("timestamp without time zone", TypeFamily.Timestamp),
            "DATE" => new ColumnType("date", TypeFamily.Date),
            "TIME" => new ColumnType("time without time zone", TypeFamily.Time),
            "BOOLEAN" or "BOOL" => new ColumnType("boolean", TypeFamily.Boolean),
            "FLOAT" or "REAL" or "DOUBLE" or "DOUBLE PRECISION" => new ColumnType("double precision", TypeFamily.Real),
            "NUMERIC" or "DECIMAL" => new ColumnType("numeric", TypeFamily.Numeric),
            "BLOB" or "BINARY" or "VARBINARY" => new ColumnType("bytea", TypeFamily.Bytes),
            "" => new ColumnType("text", TypeFamily.Text, "has no declared type in SQLite; it is taken for text"),
            _ => FollowAffinity(name, declared),
        };
    }

    internal static ColumnType ToSqlite(SchemaColumn column)
    {
        if (FindOwn(column.Name, StringComparison.Ordinal) is { } own) return new ColumnType(own.SqliteType, GetOwnFamily(own.Column));
        var type = OfPostgres(column.Type);
        var arguments = Arguments().Match(column.Type).Value;
        return type.Family switch
        {
            TypeFamily.Text when column.Type.StartsWith("character varying", StringComparison.Ordinal) => type with { Name = "VARCHAR" + arguments },
            TypeFamily.Text when column.Type.StartsWith("character", StringComparison.Ordinal) => type with { Name = "CHAR" + arguments },
            TypeFamily.Text => type with { Name = "TEXT" },
            TypeFamily.Integer => type with { Name = column.Type.ToUpperInvariant() },
            TypeFamily.Real => type with { Name = "FLOAT" },
            TypeFamily.Numeric => type with { Name = "NUMERIC" + arguments },
            TypeFamily.Boolean => type with { Name = "BOOLEAN" },
            TypeFamily.Timestamp or TypeFamily.TimestampWithTimeZone => type with { Name = "DATETIME" },
            TypeFamily.Date => type with { Name = "DATE" },
            TypeFamily.Time => type with { Name = "TIME" },
            TypeFamily.Bytes => type with { Name = "BLOB" },
            _ => new ColumnType("TEXT", TypeFamily.Other, $"is {column.Type} in PostgreSQL, which SQLite has not; it is taken for TEXT"),
        };
    }

    /// <summary>A type of PostgreSQL's as <c>format_type</c> writes it.</summary>
    internal static ColumnType OfPostgres(string type) => new(type, Arguments().Replace(type, "") switch
    {
        "text" or "character varying" or "character" or "json" or "jsonb" or "uuid" => TypeFamily.Text,
        "smallint" or "integer" or "bigint" => TypeFamily.Integer,
        "double precision" or "real" => TypeFamily.Real,
        "numeric" => TypeFamily.Numeric,
        "boolean" => TypeFamily.Boolean,
        "timestamp without time zone" => TypeFamily.Timestamp,
        "timestamp with time zone" => TypeFamily.TimestampWithTimeZone,
        "date" => TypeFamily.Date,
        "time without time zone" => TypeFamily.Time,
        "bytea" => TypeFamily.Bytes,
        _ => TypeFamily.Other,
    });

    internal static WantedColumn? FindOwn(string name, StringComparison comparison)
        => TableShape.Columns.FirstOrDefault(column => string.Equals(column.Name, name, comparison));

    // https://www.sqlite.org/datatype3.html#determination_of_column_affinity
    private static ColumnType FollowAffinity(string name, string declared)
    {
        if (name.Contains("INT", StringComparison.Ordinal)) return new ColumnType("bigint", TypeFamily.Integer);
        var type = name.Contains("CHAR", StringComparison.Ordinal) || name.Contains("CLOB", StringComparison.Ordinal) || name.Contains("TEXT", StringComparison.Ordinal)
            ? new ColumnType("text", TypeFamily.Text)
            : name.Contains("BLOB", StringComparison.Ordinal) ? new ColumnType("bytea", TypeFamily.Bytes)
            : name.Contains("REAL", StringComparison.Ordinal) || name.Contains("FLOA", StringComparison.Ordinal) || name.Contains("DOUB", StringComparison.Ordinal)
                ? new ColumnType("double precision", TypeFamily.Real)
            : new ColumnType("numeric", TypeFamily.Numeric);
        return type with { Doubt = $"is declared {declared}, which is no type of SQL's; by SQLite's rule of affinity it is taken for {type.Name}" };
    }

    private static TypeFamily GetOwnFamily(ConversationColumn column)
        => ConversationTable.IsTimestamp(column) ? TypeFamily.Timestamp
            : column == ConversationColumn.TotalCost ? TypeFamily.Real
            : TypeFamily.Text;

    [GeneratedRegex(@"\s*\([^)]*\)", RegexOptions.CultureInvariant)]
    private static partial Regex Arguments();
}
