using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Archives;

namespace MarketingSwarm.Commands;

/// <summary>
///   Reads a database or an archive and gives its conversations one by one, as they are stored; with <c>-Path</c> it writes them to an
///   archive instead.
/// </summary>
[Cmdlet(VerbsData.Export, "SwarmConversation", DefaultParameterSetName = PipeSet, SupportsShouldProcess = true)]
[OutputType(typeof(Conversation), ParameterSetName = [PipeSet])]
[OutputType(typeof(ExportSummary), ParameterSetName = [PathSet, LiteralPathSet])]
public sealed class ExportSwarmConversationCommand : ConversationReadCmdlet
{
    private const string PipeSet = "Pipe";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    /// <summary>The archive to write. The name decides: <c>.json</c> is the migration plan's JSON, <c>.ndjson</c> or <c>.jsonl</c> a row a line, <c>.gz</c> after either is compressed.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The archive to write, its name taken as it stands.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? LiteralPath { get; set; }

    /// <summary>The archive's format, where its name does not tell.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public ArchiveFormat? Format { get; set; }

    /// <summary>Replaces an archive that is there.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public SwitchParameter Force { get; set; }

    private protected override void End()
    {
        var database = ResolveDatabase(forWriting: false);
        if (ParameterSetName == PipeSet) ExportToPipe(database);
        else ExportToArchive(database, ResolvePath((Path ?? LiteralPath)!));
    }

    private void ExportToPipe(SwarmDatabase database)
    {
        using var reader = OpenReader(database);
        using var progress = new ProgressScope(this, $"Reading {database}", reader.ExpectedRows);
        var missing = new MissingIds(this);
        var rows = 0L;
        var bytes = 0L;
        var undecided = 0L;
        foreach (var (row, error) in reader.Read(StopToken))
        {
            if (error is not null)
            {
                // A filter by time cannot decide on the row; any other row that cannot be given ends the export at once.
                if (!HasTimeFilter || error.Column != ConversationTable.NameOf(ConversationColumn.CreatedAt)) throw error;
                WriteError(ErrorRecords.From(error));
                undecided++;
                continue;
            }

            missing.Remove(row!);
            WriteObject(row);
            progress.Report(++rows, bytes += row!.Size);
        }

        // An import down the pipe could not know of rows that it does not get. An error here keeps it from committing.
        if (undecided > 0) throw Errors.RowsUndecided(database, undecided);
        if (missing.First is { } id) ThrowTerminatingError(ErrorRecords.ConversationNotFound(id, database));
    }

    private void ExportToArchive(SwarmDatabase database, string path)
    {
        var isNamed = ArchiveNames.TryInfer(path, out var format, out var isCompressed);
        if (Format is { } given) format = given;
        else if (!isNamed) throw Errors.ArchiveFormatUnknown(path);

        using var reader = OpenReader(database);
        if (!ShouldProcess(path, $"Write the conversations of {database}")) return;
        using var writer = ArchiveWriter.Create(path, format, isCompressed, Force);
        using var progress = new ProgressScope(this, $"Writing {path}", reader.ExpectedRows);
        var missing = new MissingIds(this);
        var rows = 0L;
        var bytes = 0L;
        foreach (var (row, error) in reader.Read(StopToken))
        {
            // An archive that lacks a row it was asked for would be taken for whole.
            if (error is not null) throw error;
            missing.Remove(row!);
            writer.Write(row!);
            progress.Report(++rows, bytes += row!.Size);
        }

        if (missing.First is { } id) ThrowTerminatingError(ErrorRecords.ConversationNotFound(id, database));
        WriteObject(writer.Complete());
    }
}
