using System.Management.Automation;
using MarketingSwarm.Engine.Samples;

namespace MarketingSwarm.Commands;

/// <summary>
///   Writes a SQLite file with conversations as the application writes them, to rehearse on: its table, its ids, its HTML-escaped questions,
///   its agents' responses as Python's JSON, both forms of its times, conversations completed, active and failed.
/// </summary>
/// <remarks>
///   The same parameters give the same cells, byte for byte, on every machine. The file appears under its name when it is complete; Ctrl+C or an
///   error leaves what was there before.
/// </remarks>
[Cmdlet(VerbsCommon.New, "SwarmSampleDatabase", SupportsShouldProcess = true)]
[OutputType(typeof(SampleSummary))]
public sealed class NewSwarmSampleDatabaseCommand : SwarmCmdlet
{
    /// <summary>The SQLite file to make. Its folder must exist; the file must not, unless <c>-Force</c> is given.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("LiteralPath", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>
    ///   How many ordinary conversations: about 90 of 100 are completed, 6 active and 4 failed. The rows of <c>-Hazard</c> come on top, after them.
    ///   The first rows of a larger sample are those of a smaller one. The default is 100.
    /// </summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Count { get; set; } = SampleOptions.DefaultCount;

    /// <summary>Chooses the content: another seed gives other conversations, the same seed the same. The default is 1.</summary>
    [Parameter]
    public long Seed { get; set; } = SampleOptions.DefaultSeed;

    /// <summary>
    ///   How many responses a completed conversation has; an active or failed one has fewer. The default is 18, as the application's agents give:
    ///   three analyse, six discuss in two rounds, three conclude. <c>-ResponseCount 0</c> makes small rows, of about 300 bytes on average.
    /// </summary>
    [Parameter]
    [ValidateRange(0, 10_000)]
    public int ResponseCount { get; set; } = SampleOptions.DefaultResponseCount;

    /// <summary>
    ///   The size of a response in bytes of JSON, on average; one conversation's are from half of it to one and a half. The default of 800 makes completed
    ///   conversations of 7 to 24 KB. <c>-ResponseSize 1150</c> makes rows of about 20 KB on average.
    /// </summary>
    [Parameter]
    [ValidateRange(100, 1_000_000)]
    public int ResponseSize { get; set; } = SampleOptions.DefaultResponseSize;

    /// <summary>How the table is declared: as the application does (Application, the default), or as the migration plan documents it (Plan).</summary>
    [Parameter]
    public SampleShape Shape { get; set; }

    /// <summary>The file's journal mode: Delete (the default) or Wal. Either way every row is in the file itself.</summary>
    [Parameter]
    public SqliteJournalMode JournalMode { get; set; }

    /// <summary>
    ///   Adds, after the ordinary rows, the rows of these hazards: what SQLite stores and a migration may lose or change. <c>All</c> adds every one that the
    ///   shape can hold. The result's <c>HazardRows</c> has the rowids by the hazard's name.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public SampleHazard[] Hazard { get; set; } = [];

    /// <summary>Replaces a file that exists, with its <c>-journal</c>, <c>-wal</c> and <c>-shm</c> files. Stop the programs that have it open first.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void End()
    {
        var options = new SampleOptions
        {
            Path = ResolvePath(Path),
            Count = Count,
            Seed = Seed,
            ResponseCount = ResponseCount,
            ResponseSize = ResponseSize,
            Shape = Shape,
            JournalMode = JournalMode,
            Hazards = Hazard,
            Overwrite = Force,
        };
        var rows = SampleDatabase.Check(options);
        if (!ShouldProcess(options.Path, FormattableString.Invariant($"Write a sample database of {rows} rows"))) return;

        SampleSummary summary;
        using (var progress = new ProgressScope(this, "Writing sample database", rows))
        {
            summary = SampleDatabase.Write(options, progress.Report, StopToken);
        }

        WriteObject(summary);
    }
}
