using System.Diagnostics;
using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Commands;

/// <summary>
///   Loads conversations from the pipe or from an archive into a database's table, in one transaction: all or nothing. It ends with a
///   summary in which rows read = loaded + skipped + quarantined.
/// </summary>
[Cmdlet(VerbsData.Import, "SwarmConversation", DefaultParameterSetName = PipeSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(ImportSummary))]
[OutputType(typeof(Conversation))]
public sealed class ImportSwarmConversationCommand : DatabaseCmdlet
{
    private const string PipeSet = "Pipe";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private SwarmDatabase? _database;
    private IConversationWriter? _writer;
    private ProgressScope? _progress;
    private bool _isPreview;
    private bool _needsAttention;
    private long _started;
    private long _rows;
    private long _bytes;

    /// <summary>The conversations to load: those of Export- or Get-SwarmConversation, or built with <c>[MarketingSwarm.Conversation]@{ … }</c>.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = PipeSet)]
    [ConversationTransformation]
    public Conversation? InputObject { get; set; }

    /// <summary>The archive to load. Its checksum file, when there is one beside it, is checked first.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The archive to load, its name taken as it stands.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? LiteralPath { get; set; }

    /// <summary>What to do with a row whose id the table already has. Two rows of one id in the input are always an error.</summary>
    [Parameter]
    public ConflictAction OnConflict { get; set; } = ConflictAction.Fail;

    /// <summary>What to do with a cell or a row that PostgreSQL cannot store, even by a conversion. A SQLite file stores every cell, or it is an error.</summary>
    [Parameter]
    public UnrepresentableAction OnUnrepresentable { get; set; } = UnrepresentableAction.Quarantine;

    /// <summary>Passes each conversation on as it is taken, before the commit; the summary comes last.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Begin()
    {
        _database = ResolveDatabase(forWriting: true);
        // Asked before the target is opened: a dry run takes no lock there.
        if (!ConfirmChange($"Load conversations into {_database}", out _isPreview) && !_isPreview) return;
        var options = new ImportOptions
        {
            OnConflict = OnConflict,
            OnUnrepresentable = OnUnrepresentable,
            Source = ParameterSetName == PipeSet ? "pipeline" : ResolvePath((Path ?? LiteralPath)!),
            IsPreview = _isPreview,
        };
        _writer = Run(token => ConversationStore.OpenWriterAsync(_database, options, token));
        _started = Stopwatch.GetTimestamp();
        if (ParameterSetName == PipeSet) _progress = new ProgressScope(this, $"Loading into {_database}", total: null);
    }

    private protected override void Process()
    {
        // The user declined.
        if (_writer is null) return;
        if (ParameterSetName == PipeSet) Load(InputObject!);
        else LoadArchive(ResolvePath((Path ?? LiteralPath)!));
    }

    private protected override void End()
    {
        if (_writer is null) return;
        var counts = Run(_writer.CommitAsync);
        if (counts.Total != _rows) throw Errors.RowsMissingAfterLoad(_database!, _rows, counts.Total);
        _progress?.Dispose();
        if (_rows == 0) WriteWarning("No conversation came to be loaded: the source is empty, or its filter matched none.");
        WarnOfQuarantine(counts.Quarantined, counts.CellsQuarantined);
        WriteObject(new ImportSummary
        {
            Destination = _database!,
            Read = _rows,
            Inserted = counts.Inserted,
            Updated = counts.Updated,
            Skipped = counts.Skipped,
            Quarantined = counts.Quarantined,
            CellsConverted = counts.CellsConverted,
            CellsQuarantined = counts.CellsQuarantined,
            Bytes = _bytes,
            Duration = Stopwatch.GetElapsedTime(_started),
            IsPreview = _isPreview,
            ExitCode = _needsAttention ? 2 : 0,
        });
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _progress?.Dispose();
            _writer?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void WarnOfQuarantine(long rows, long cells)
    {
        if (rows + cells == 0) return;
        _needsAttention = true;
        WriteWarning(
            FormattableString.Invariant($"{rows} rows and {cells} cells of other rows cannot be stored in {_database}. ")
            + (_isPreview
                ? "A load would keep them in the residue with their bytes; -OnUnrepresentable Fail names the first."
                : $"They are in the residue with their bytes: Get-SwarmMigration '{_database!.ToString().Replace(":***@", "@", StringComparison.Ordinal)}' -Residue shows them."));
    }

    private void LoadArchive(string path)
    {
        var archive = new SwarmDatabase(DatabaseEngine.Archive) { Path = path };
        using var reader = Run(token => ConversationStore.OpenReaderAsync(archive, ConversationFilter.All, token));
        foreach (var warning in reader.Warnings) WriteWarning(warning);
        // An archive whose wholeness cannot be told, or whose cells were spelled anew before they reached it.
        _needsAttention = reader.Warnings.Count > 0;
        _progress = new ProgressScope(this, $"Loading {path} into {_database}", reader.ExpectedRows);
        foreach (var (row, error) in reader.Read(StopToken)) Load(row ?? throw error!);
    }

    private void Load(Conversation row)
    {
        if (row.Stranger is { } stranger) throw Errors.NotAConversation(stranger);
        _writer!.Write(row, StopToken);
        _bytes += row.Size;
        _progress!.Report(++_rows, _bytes);
        if (PassThru) WriteObject(row);
    }
}
