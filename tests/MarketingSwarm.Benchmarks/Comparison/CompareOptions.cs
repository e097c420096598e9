using System.Globalization;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>What <c>compare</c> was asked for.</summary>
internal sealed record CompareOptions
{
    internal const string Usage = """
        compare [--set fat|thin|middle|all] [--iterations N] [--rows N] [--only name,...] [--limit minutes]

        --set         fat: 20,000 rows of 20 KB; thin: 500,000 rows of 300 bytes; middle: 100,000 rows of 4 KB. The default is all.
        --iterations  How often each contestant runs, in turn. The default is 3.
        --rows        Fewer or more rows than the set has, to try it out.
        --only        Contestants by name, or by name and compression: pipe,server-copy:lz4. The default is all.
        --limit       After how many minutes a run is killed. The default is 15.

        The server is the one that SWARM_BENCHMARK_POSTGRES names by URL, whose user must be allowed to create databases, else a
        throw-away cluster of the programs found here. Contestants load into databases made for them, and dropped.

        """;

    internal string Set { get; private init; } = "all";

    internal int Iterations { get; private init; } = 3;

    /// <summary>Replaces each set's own number of rows.</summary>
    internal int? Rows { get; private init; }

    internal IReadOnlyList<string> Only { get; private init; } = [];

    internal TimeSpan Limit { get; private init; } = TimeSpan.FromMinutes(15);

    /// <exception cref="FormatException">The command line cannot be used; the message says why.</exception>
    internal static CompareOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new CompareOptions();
        while (!arguments.IsEmpty)
        {
            if (arguments.Length == 1) throw new FormatException($"'{arguments[0]}' is no option, or lacks its value.");
            var (name, value) = (arguments[0], arguments[1]);
            options = name switch
            {
                "--set" when value is "all" || SampleSet.All.Any(set => set.Name == value) => options with { Set = value },
                "--set" => throw new FormatException($"There is no set '{value}'."),
                "--iterations" => options with { Iterations = ParseCount(name, value) },
                "--rows" => options with { Rows = ParseCount(name, value) },
                "--only" => options with { Only = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) },
                "--limit" => options with { Limit = TimeSpan.FromMinutes(ParseCount(name, value)) },
                _ => throw new FormatException($"There is no option '{name}'."),
            };
            arguments = arguments[2..];
        }

        return options;
    }

    private static int ParseCount(string name, string value)
        => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new FormatException($"{name} takes a whole number from 1; '{value}' is none.");
}
