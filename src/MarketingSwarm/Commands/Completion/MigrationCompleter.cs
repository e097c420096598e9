using System.Collections;
using MarketingSwarm.Engine.Configuration;
using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Commands;

/// <summary>Completes the runs that a database's record has, the newest first: looked for over a moment only.</summary>
public sealed class MigrationCompleter : ValueCompleter
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1.5);

    private protected override IReadOnlyList<string> GetValues(string typed, IDictionary parameters)
    {
        if ((Find(parameters, "Database") ?? Find(parameters, "Destination") ?? Find(parameters, "Source")) is not { } name) return [];
        var database = DatabaseResolver.Resolve(
            new DatabaseReference(name), new ResolutionContext { ResolvePath = path => path, Cloud = SwarmContextStore.Current });
        using var limit = new CancellationTokenSource(Limit);
        return Task.Run(() => ReadAsync(database, limit.Token), limit.Token).WaitAsync(Limit, limit.Token).GetAwaiter().GetResult();
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        using var reader = await LedgerReader.OpenAsync(database, cancellationToken).ConfigureAwait(false);
        return reader is null ? [] : [.. reader.ReadRuns(runId: null, cancellationToken).OrderByDescending(run => run.StartedAt).Select(run => run.RunId.ToString())];
    }
}
