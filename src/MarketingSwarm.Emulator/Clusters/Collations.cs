using System.Text.RegularExpressions;
using Npgsql;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>Collations by Cloud SQL's names (<c>en_US.UTF8</c>), on systems that have a locale of that name and on those that do not.</summary>
internal static partial class Collations
{
    /// <summary>Cloud SQL's default.</summary>
    internal const string Default = "en_US.UTF8";

    /// <summary>From this version on a database's own collation can be one of ICU.</summary>
    private const int FirstVersionWithIcu = 15;

    /// <summary>initdb's options for the default collation, the best first: the system's own, ICU's, none.</summary>
    internal static IEnumerable<string[]> GetTemplateLocales(int majorVersion)
    {
        yield return [$"--locale={Default}"];
        if (majorVersion >= FirstVersionWithIcu)
        {
            yield return ["--locale=C.UTF-8", "--locale-provider=icu", $"--icu-locale={Default}"];
            yield return ["--locale=C", "--locale-provider=icu", $"--icu-locale={Default}"];
        }

        yield return ["--locale=C"];
    }

    /// <summary>The options of CREATE DATABASE for a collation.</summary>
    /// <exception cref="ClusterException">Neither the system nor ICU has it.</exception>
    internal static async Task<string> ResolveAsync(NpgsqlConnection connection, string collation, CancellationToken cancellationToken)
    {
        // The names that the system has, as initdb found them: it spells them its own way, en_US.utf8 or en_US.UTF-8.
        await using (var system = new NpgsqlCommand(
            """
            SELECT collcollate FROM pg_collation
            WHERE collprovider IN ('c', 'b') AND collcollate IS NOT NULL AND collencoding IN (-1, 6) AND replace(lower(collcollate), '-', '') = replace(lower($1), '-', '')
            ORDER BY collcollate = $1 DESC, collname LIMIT 1
            """, connection) { Parameters = { new() { Value = collation } } })
        {
            if (await system.ExecuteScalarAsync(cancellationToken) is string name) return $"LC_COLLATE {Sql.QuoteLiteral(name)} LC_CTYPE {Sql.QuoteLiteral(name)}{Provider("libc", connection)}";
        }

        // PostgreSQL 15 takes any name for a locale of ICU, and sorts by the root's rules where ICU knows none.
        if (NamePattern().Match(collation) is { Success: true } match && connection.PostgreSqlVersion.Major >= FirstVersionWithIcu)
        {
            await using var icu = new NpgsqlCommand(
                """
                SELECT (SELECT EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i' AND lower(collname) IN (lower($1) || '-x-icu', lower($2) || '-x-icu'))),
                       (SELECT coalesce((SELECT collcollate FROM pg_collation WHERE collname IN ('C.utf8', 'C.UTF-8') AND collprovider = 'c' LIMIT 1), 'C'))
                """, connection)
            {
                Parameters = { new() { Value = match.Groups["language"].Value }, new() { Value = $"{match.Groups["language"].Value}-{match.Groups["country"].Value}" } },
            };
            await using var reader = await icu.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            if (reader.GetBoolean(0)) return $"ICU_LOCALE {Sql.QuoteLiteral(collation)} LC_COLLATE {Sql.QuoteLiteral(reader.GetString(1))} LC_CTYPE {Sql.QuoteLiteral(reader.GetString(1))}{Provider("icu", connection)}";
        }

        throw new ClusterException(
            ClusterFailure.InvalidValue,
            $"The collation '{collation}' is neither one of this system's locales nor one of ICU's (PostgreSQL {FirstVersionWithIcu} and newer). Give another, for example {Default}. No database was created.");
    }

    /// <summary>The name that the API shows for what a database has.</summary>
    internal static string GetName(string collation)
    {
        if (LanguageTagPattern().IsMatch(collation)) return $"{collation.Replace('-', '_')}.UTF8";
        return Utf8Pattern().Replace(collation, ".UTF8");
    }

    private static string Provider(string name, NpgsqlConnection connection)
        => connection.PostgreSqlVersion.Major >= FirstVersionWithIcu ? $" LOCALE_PROVIDER {name}" : "";

    [GeneratedRegex(@"^(?<language>[a-z]{2,3})(_(?<country>[A-Z]{2}))?(\.(UTF-?8|utf-?8))?\z")]
    private static partial Regex NamePattern();

    // From version 16 on the server stores the language tag of ICU, en-US.
    [GeneratedRegex(@"^[a-z]{2,3}(-[A-Z]{2})?\z")]
    private static partial Regex LanguageTagPattern();

    [GeneratedRegex(@"\.utf-?8\z", RegexOptions.IgnoreCase)]
    private static partial Regex Utf8Pattern();
}
