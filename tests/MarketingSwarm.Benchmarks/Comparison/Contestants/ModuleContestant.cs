using System.Diagnostics;
using System.Globalization;

namespace MarketingSwarm.Benchmarks.Comparison.Contestants;

/// <summary>The module in the Shell: a script that prints the durations which its result object has, each as a name, a tab and seconds.</summary>
internal abstract class ModuleContestant(string name, Compression compression) : Contestant(name, compression)
{
    /// <summary>The name under which the cmdlet's own duration is shown.</summary>
    private protected const string Whole = "cmdlet";

    internal override bool IsOurs => true;

    internal override ProcessStartInfo GetStart(SampleFile source, TargetDatabase target, Workspace workspace)
    {
        var start = ModuleShell.GetStart(GetScript(ModuleShell.Quote(source.Path), ModuleShell.Quote(target.Url)));
        target.AddPassword(start, workspace);
        return start;
    }

    internal override IReadOnlyList<(string Name, double Seconds)> ReadParts(string output)
        =>
        [
            .. output.Split('\n').Select(line => line.TrimEnd().Split('\t'))
                .Where(fields => fields.Length == 2)
                .Select(fields => (fields[0], double.Parse(fields[1], CultureInfo.InvariantCulture))),
        ];

    /// <summary>The script, given the source and the destination as PowerShell literals.</summary>
    private protected abstract string GetScript(string source, string destination);
}

/// <summary>The typed pipe, in its one transaction.</summary>
internal sealed class PipeContestant(Compression compression) : ModuleContestant("pipe", compression)
{
    private protected override string GetScript(string source, string destination)
        => $"""$summary = Export-SwarmConversation {source} | Import-SwarmConversation {destination}; "{Whole}`t$($summary.Duration.TotalSeconds)" """;
}

/// <summary>
///   Invoke-SwarmMigration, which makes the table. Since it chooses lz4 for it where it can, it finds one for pglz, whose columns say so: its key is kept up
///   during the load.
/// </summary>
internal sealed class InvokeContestant(Compression compression, int connections) : ModuleContestant(FormattableString.Invariant($"invoke-{connections}"), compression)
{
    private const string Cmdlet = "Invoke-SwarmMigration";

    internal override TableBefore Table => Compression == Compression.Pglz ? TableBefore.WithKey : TableBefore.None;

    internal override async Task<string?> GetSkipReasonAsync()
        => (await ModuleShell.RunAsync($"[bool](Get-Command {Cmdlet} -ErrorAction Ignore)")).Output.Trim() == "True" ? null : $"the module has no {Cmdlet}";

    private protected override string GetScript(string source, string destination)
        => FormattableString.Invariant($$"""
            $result = {{Cmdlet}} -Source {{source}} -Destination {{destination}} -Connections {{connections}} -Confirm:$false
            "{{Whole}}`t$($result.Duration.TotalSeconds)"
            foreach ($phase in $result.Phases) { "$($phase.Name)`t$($phase.Duration.TotalSeconds)" }
            """);
}
