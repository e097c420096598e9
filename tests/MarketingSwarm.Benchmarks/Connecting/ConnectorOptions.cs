using System.Globalization;
using MarketingSwarm.Benchmarks.Comparison;

namespace MarketingSwarm.Benchmarks.Connecting;

/// <summary>What <c>connector</c> was asked for.</summary>
internal sealed record ConnectorOptions
{
    internal const string Usage = """
        connector [--set fat|thin|middle] [--iterations N] [--rows N]

        --set         fat: 20,000 rows of 20 KB; thin: 500,000 rows of 300 bytes; middle: 100,000 rows of 4 KB. The default is fat.
        --iterations  How often each way is taken, in turn, after once that is not counted. The default is 7.
        --rows        Fewer or more rows than the set has, to try it out.

        """;

    internal SampleSet Set { get; private init; } = SampleSet.All[0];

    internal int Iterations { get; private init; } = 7;

    /// <summary>Replaces the set's own number of rows.</summary>
    internal int? Rows { get; private init; }

    /// <exception cref="FormatException">The command line cannot be used; the message says why.</exception>
    internal static ConnectorOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new ConnectorOptions();
        while (!arguments.IsEmpty)
        {
            if (arguments.Length == 1) throw new FormatException($"'{arguments[0]}' is no option, or lacks its value.");
            var (name, value) = (arguments[0], arguments[1]);
            options = name switch
            {
                "--set" => options with { Set = SampleSet.All.FirstOrDefault(set => set.Name == value) ?? throw new FormatException($"There is no set '{value}'.") },
                "--iterations" => options with { Iterations = ParseCount(name, value) },
                "--rows" => options with { Rows = ParseCount(name, value) },
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
