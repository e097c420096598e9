using System.Globalization;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>A flag of PostgreSQL or of Cloud SQL that an instance can have.</summary>
/// <param name="Name">As PostgreSQL writes it.</param>
/// <param name="Type">BOOLEAN, INTEGER, FLOAT or STRING.</param>
/// <param name="Smallest">Of a number.</param>
/// <param name="Largest">Of a number.</param>
/// <param name="Values">The values that a STRING may have; empty where any is.</param>
/// <param name="RequiresRestart">Whether a change restarts the server.</param>
internal sealed record DatabaseFlag(string Name, string Type, double Smallest, double Largest, IReadOnlyList<string> Values, bool RequiresRestart)
{
    /// <summary>The flags by name.</summary>
    public static IReadOnlyDictionary<string, DatabaseFlag> All { get; } = Load();

    /// <exception cref="Hosting.ApiException">The flag cannot have the value.</exception>
    public void Check(string value)
    {
        switch (Type)
        {
            case "BOOLEAN" when value is not ("on" or "off"):
                throw SqlErrors.FlagValue(Name, $"{value} is neither on nor off.");
            case "INTEGER" when !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number < Smallest || number > Largest:
            case "FLOAT" when !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) || real < Smallest || real > Largest:
                throw SqlErrors.FlagValue(Name, string.Create(CultureInfo.InvariantCulture, $"{value} is not a number from {Smallest} to {Largest}."));
            case "STRING" when Values.Count > 0 && !Values.Contains(value):
                throw SqlErrors.FlagValue(Name, $"{value} was not an expected string.");
            default:
                return;
        }
    }

    /// <summary>The flag as the API lists it.</summary>
    public JsonObject ToJson()
    {
        JsonObject flag = new()
        {
            ["kind"] = "sql#flag",
            ["name"] = Name,
            ["type"] = Type,
            ["appliesTo"] = new JsonArray([.. Enumerable.Range(10, 9).Select(version => JsonValue.Create($"POSTGRES_{version}"))]),
            ["requiresRestart"] = RequiresRestart,
            ["flagScope"] = "SQL_FLAG_SCOPE_DATABASE",
        };
        if (Type == "INTEGER")
        {
            flag.Add("minValue", Smallest.ToString("F0", CultureInfo.InvariantCulture));
            flag.Add("maxValue", Largest.ToString("F0", CultureInfo.InvariantCulture));
        }

        if (Values.Count > 0) flag.Add("allowedStringValues", new JsonArray([.. Values.Select(value => JsonValue.Create(value))]));
        return flag;
    }

    private static SortedDictionary<string, DatabaseFlag> Load()
    {
        using var stream = typeof(DatabaseFlag).Assembly.GetManifestResourceStream("postgres.flags")!;
        using StreamReader reader = new(stream);
        SortedDictionary<string, DatabaseFlag> flags = new(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var words = line.Split(' ');
            var (smallest, largest) = words[1] is "INTEGER" or "FLOAT" ? ParseRange(words[2]) : (0, 0);
            IReadOnlyList<string> values = words[1] == "STRING" && words[2] != "-" ? words[2].Split('|') : [];
            flags.Add(words[0], new DatabaseFlag(words[0], words[1], smallest, largest, values, words[3] == "restart"));
        }

        return flags;
    }

    private static (double Smallest, double Largest) ParseRange(string text)
    {
        var ends = text.Split("..");
        return (double.Parse(ends[0], CultureInfo.InvariantCulture), double.Parse(ends[1], CultureInfo.InvariantCulture));
    }
}
