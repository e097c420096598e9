using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Reports;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Writes the certificate of a migration, which can be proven again from a backup, and a page about it for people.</para>
///   <para>Nothing is changed in the database.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "SwarmMigrationReport", SupportsShouldProcess = true)]
[OutputType(typeof(MigrationReport))]
public sealed class NewSwarmMigrationReportCommand : DatabaseCmdlet
{
    private readonly List<MigrationCheck> _checks = [];

    /// <summary>The certificate to write.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The page to write.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HtmlPath { get; set; }

    /// <summary>The backup that the certificate refers to. Without it, that of the file behind the cutover's fence.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    /// <summary>What Test-SwarmMigration has found, for the page.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    public MigrationCheck? Check { get; set; }

    /// <summary>Replaces files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        if (Check is not null) _checks.Add(Check);
    }

    private protected override void End()
    {
        var database = ResolveDatabase(forWriting: false);
        var path = ResolvePath(Path!);
        var htmlPath = HtmlPath is null ? null : ResolvePath(HtmlPath);
        foreach (var file in new[] { path, path + CertificateBuilder.CellsSuffix, htmlPath })
        {
            if (!Force && System.IO.File.Exists(file)) throw Errors.ReportFileExists(file);
        }

        if (!ConfirmChange($"Write the certificate of {database} to '{path}'{(htmlPath is null ? "" : $" and a page to '{htmlPath}'")}", out _)) return;
        var backup = Backup is null ? null : ResolvePath(Backup);
        WriteObject(Run(token => CertificateBuilder.BuildAsync(database, backup, path, htmlPath, _checks, token)));
    }
}
