using System.Globalization;
using System.Net;
using System.Text;

namespace MarketingSwarm.Engine.Reports;

/// <summary>
///   The page of a migration for people: one file that needs nothing else, readable on a phone, in the dark and on paper. Its charts are SVG,
///   and each has its numbers as text.
/// </summary>
internal sealed class ReportPage(
    Certificate certificate, MigrationPlan plan, IReadOnlyList<(DateTime At, long Rows, long Bytes)> chunks, CutoverResult? cutover, IReadOnlyList<ResidueCell> residue,
    IReadOnlyList<MigrationCheck> checks)
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d5dae0; --paper: #ffffff; --card: #f5f7f9; --mark: #1f6feb; --good: #1a7f37; --bad: #b42318; --warm: #b35900; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8ebee; --soft: #a3acb5; --line: #3a424b; --paper: #14181d; --card: #1e242b; --mark: #6ea8fe; --good: #5bd17c; --bad: #ff8a7d; --warm: #f2b25c; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 62rem; padding: 1.25rem 1rem 3rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; } h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; } p { margin: .25rem 0 .75rem; } .soft { color: var(--soft); }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
        .cards li { background: var(--card); border-radius: .5rem; padding: .75rem; } .cards b { display: block; font-size: 1.25rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
        .good { color: var(--good); } .bad { color: var(--bad); } .warm { color: var(--warm); }
        .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); vertical-align: top; } th { font-weight: 600; } th, td { overflow-wrap: normal; } td:last-child { overflow-wrap: anywhere; min-width: 5rem; } .n { text-align: right; white-space: nowrap; }
        svg { display: block; width: 100%; height: auto; } .ends { display: flex; justify-content: space-between; margin: 0; } .bar { fill: var(--mark); } .axis { stroke: var(--line); }
        code { font: .8125rem/1.4 ui-monospace, monospace; } ol.steps { list-style: none; padding: 0; margin: 0; border-left: 2px solid var(--line); } ol.steps li { padding: 0 0 .625rem 1rem; position: relative; }
        ol.steps li::before { content: ""; position: absolute; left: -5px; top: .5rem; width: 8px; height: 8px; border-radius: 50%; background: var(--mark); }
        @media print { body { max-width: none; padding: 0; font-size: 11pt; } h2 { break-after: avoid; } tr, li, svg { break-inside: avoid; } .wide { overflow: visible; } }
        """;

    private readonly StringBuilder _html = new();

    /// <summary>The page.</summary>
    internal string Render()
    {
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append(CultureInfo.InvariantCulture, $"<title>Migration of {Text(certificate.Source)}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{Style}</style>\n</head>\n<body>\n<main>\n");
        RenderHead();
        RenderTimeline();
        RenderThroughput();
        RenderDeltas();
        RenderFence();
        RenderColumns();
        RenderConversions();
        RenderResidue();
        RenderChecks();
        RenderProof();
        return _html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private void RenderHead()
    {
        var rows = certificate.Rows;
        var isSame = rows.SourceRoot == rows.TargetRoot;
        _html.Append(CultureInfo.InvariantCulture, $"<h1>{Text(certificate.Table)}: {Number(rows.Rows)} conversations</h1>\n")
            .Append(CultureInfo.InvariantCulture, $"<p class=\"soft\">from {Text(certificate.Source)}<br>to {Text(certificate.Destination)}, PostgreSQL {Text(certificate.ServerVersion)}</p>\n<ul class=\"cards\">\n");
        Card("Both sides", isSame ? "the same" : "different", isSame ? "good" : "bad");
        Card("In the table", Number(rows.Loaded));
        Card("In the residue alone", Number(rows.Quarantined), rows.Quarantined > 0 ? "warm" : "");
        Card("Cells converted", Number(rows.CellsConverted));
        Card("Cells quarantined", Number(rows.CellsQuarantined), rows.CellsQuarantined > 0 ? "warm" : "");
        if (certificate.Cutover?.FenceMilliseconds is { } fence) Card("Writes held off", string.Create(CultureInfo.InvariantCulture, $"{fence:0} ms"));
        if (certificate.Cutover is { } cut) Card("Late rows", Number(cut.LateRows));
        _html.Append("</ul>\n");
    }

    private void RenderTimeline()
    {
        var steps = new List<(DateTime At, string What, string Detail)> { (certificate.StartedAt, "The migration began", "") };
        if (chunks.Count > 0) steps.Add((chunks[^1].At, "The load ended", string.Create(CultureInfo.InvariantCulture, $"{Number(chunks.Sum(chunk => chunk.Rows))} rows, chunks: {chunks.Count}")));
        steps.AddRange(certificate.Generations.Select(generation => (
            generation.CommittedAt, generation.Kind == nameof(GenerationKind.Final) ? "The last delta, behind the fence" : "A delta", Changes(generation))));
        if (cutover is not null) steps.AddRange(cutover.Steps.Select(step => (step.At, $"Cutover: {step.State}", step.Detail)));
        _html.Append("<h2>Timeline</h2>\n<ol class=\"steps\">\n");
        foreach (var (at, what, detail) in steps.OrderBy(step => step.At)) Step(at, what, detail);
        _html.Append("</ol>\n");
    }

    private void RenderThroughput()
    {
        if (chunks.Count < 2) return;
        var from = chunks[0].At;
        var seconds = Math.Max(0.001, (chunks[^1].At - from).TotalSeconds);
        const int Slots = 24;
        var bytes = new double[Slots];
        foreach (var (at, _, length) in chunks) bytes[Math.Min(Slots - 1, (int)((at - from).TotalSeconds / seconds * Slots))] += length / 1e6 / (seconds / Slots);
        _html.Append("<h2>Throughput of the load</h2>\n")
            .Append(CultureInfo.InvariantCulture, $"<p>{Number(chunks.Sum(chunk => chunk.Rows))} rows, {chunks.Sum(chunk => chunk.Bytes) / 1e6:N1} MB, from the first chunk's end to the last one's in {seconds:0.0} s.</p>\n");
        Bars([.. bytes.Select((value, i) => (value, string.Create(CultureInfo.InvariantCulture, $"{i * seconds / Slots:0.0} s: {value:0.0} MB/s")))], "MB/s over time");
    }

    private void RenderDeltas()
    {
        if (certificate.Generations.Count == 0) return;
        _html.Append("<h2>Deltas</h2>\n");
        if (certificate.Generations.Any(generation => generation.Counts[5] + generation.Counts[6] + generation.Counts[7] > 0)) Bars([.. certificate.Generations.Select(generation => ((double)(generation.Counts[5] + generation.Counts[6] + generation.Counts[7]), $"{generation.Number}: {Changes(generation)}"))], "rows changed by each delta");
        Table(
            ["Delta", "At (UTC)", "Inserted", "Updated", "Deleted", "Rows after it"],
            certificate.Generations.Select(generation => new[]
            {
                generation.Number.ToString(CultureInfo.InvariantCulture), Time(generation.CommittedAt), Number(generation.Counts[5]), Number(generation.Counts[6]), Number(generation.Counts[7]), Number(generation.Counts[0]),
            }), numbersFrom: 2);
    }

    private void RenderFence()
    {
        if (cutover?.Fence is not { } fence) return;
        _html.Append("<h2>The fence</h2>\n")
            .Append(CultureInfo.InvariantCulture, $"<p>The application's writes were held off for <b>{fence.TotalMilliseconds:0} ms</b> at {Time(cutover.FencedAt!.Value)} UTC, in attempt {cutover.Attempts}; its reads went on. Below: that time, and the 5 seconds after which Python's sqlite3 gives a write up.</p>\n");
        const double Timeout = 5000;
        var width = Math.Max(1, fence.TotalMilliseconds / Timeout * 600);
        _html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 600 24\" role=\"img\" aria-label=\"{fence.TotalMilliseconds:0} of {Timeout:0} milliseconds\"><line class=\"axis\" x1=\"0\" y1=\"12\" x2=\"600\" y2=\"12\"/><rect class=\"bar\" x=\"0\" y=\"4\" width=\"{width:0.#}\" height=\"16\" rx=\"2\"/></svg><p class=\"soft ends\"><span>0</span><span>5 s</span></p>\n");
    }

    private void RenderColumns()
    {
        _html.Append("<h2>What the columns held</h2>\n");
        Table(
            ["Column", "Text", "NULL", "Real", "Integer", "BLOB"],
            plan.Columns.Select(column => new[]
            {
                ConversationTable.NameOf(column.Column), Number(column.Texts), Number(column.Nulls), Number(column.Reals), Number(column.Integers), Number(column.Blobs),
            }), numbersFrom: 1);
    }

    private void RenderConversions()
    {
        _html.Append("<h2>Conversions</h2>\n");
        if (plan.Rules.Count == 0)
        {
            _html.Append("<p>None: every cell is stored as it was.</p>\n");
            return;
        }

        Table(
            ["Column", "Rule", "Outcome", "Cells", "Example"],
            plan.Rules.Select(rule => new[] { ConversationTable.NameOf(rule.Column), rule.Rule.ToString(), rule.Outcome.ToString(), Number(rule.Count), rule.Example?.ToString() ?? "" }), numbersFrom: 3, numbersTo: 3);
    }

    private void RenderResidue()
    {
        if (residue.Count == 0) return;
        _html.Append(CultureInfo.InvariantCulture, $"<h2>Residue</h2>\n<p>The first {residue.Count} cells that are stored otherwise, or in the residue alone; their original bytes are in <code>swarm_migration.residue</code>.</p>\n");
        Table(
            ["Row", "Column", "Outcome", "Rule", "Reason"],
            residue.Select(cell => new[]
            {
                cell.Id ?? (cell.RowId is { } rowId ? string.Create(CultureInfo.InvariantCulture, $"(rowid {rowId})") : ""), cell.Column.ToString(), cell.Outcome.ToString(), cell.Rule.ToString(), cell.Reason,
            }), numbersFrom: int.MaxValue);
    }

    private void RenderChecks()
    {
        if (checks.Count == 0) return;
        _html.Append("<h2>Criteria</h2>\n");
        Table(
            ["Criterion", "Verdict", "Found"],
            checks.Select(check => new[] { check.Name, check.Passed switch { true => "met", false => "not met", null => "not measured" }, check.Actual }), numbersFrom: int.MaxValue);
    }

    private void RenderProof() => _html.Append("<h2>Proof</h2>\n")
        .Append("<p>Each row has a hash over all that the target must have of it. The root below is the Merkle root of all of them: once of the source's rows, judged anew from the backup, and once of the target's, read back from the table and the residue. <code>Test-SwarmMigration -Certificate</code> proves it again from the backup, without a server.</p>\n<div class=\"wide\"><table>\n")
        .Append(CultureInfo.InvariantCulture, $"<tr><th>Source's root</th><td><code>{certificate.Rows.SourceRoot}</code></td></tr>\n<tr><th>Target's root</th><td><code>{certificate.Rows.TargetRoot}</code></td></tr>\n")
        .Append(CultureInfo.InvariantCulture, $"<tr><th>Backup</th><td>{Text(certificate.Backup.File)}<br><code>{certificate.Backup.Sha256}</code></td></tr>\n<tr><th>Ledger</th><td>{certificate.Chunks.Count} chunks, {certificate.Generations.Count} generations<br><code>{certificate.LedgerHead}</code></td></tr>\n")
        .Append(CultureInfo.InvariantCulture, $"<tr><th>Plan</th><td><code>{certificate.PlanSha256}</code></td></tr>\n<tr><th>Certificate</th><td><code>{certificate.Sha256}</code></td></tr>\n<tr><th>Run</th><td><code>{certificate.RunId}</code></td></tr>\n")
        .Append(CultureInfo.InvariantCulture, $"</table></div>\n<p class=\"soft\">Made at {Time(certificate.CreatedAt)} UTC by MarketingSwarm {Text(certificate.ModuleVersion)}.</p>\n");

    private void Card(string label, string value, string css = "")
        => _html.Append(CultureInfo.InvariantCulture, $"<li><span class=\"soft\">{Text(label)}</span><b class=\"{css}\">{Text(value)}</b></li>\n");

    private void Step(DateTime at, string what, string detail)
        => _html.Append(CultureInfo.InvariantCulture, $"<li><b>{Text(what)}</b> <span class=\"soft\">{Time(at)} UTC</span>{(detail.Length > 0 ? $"<br>{Text(detail)}" : "")}</li>\n");

    private void Bars(IReadOnlyList<(double Value, string Label)> bars, string title)
    {
        const double Width = 600, Height = 120, Base = 108;
        var greatest = Math.Max(1e-9, bars.Max(bar => bar.Value));
        var step = Width / bars.Count;
        _html.Append(CultureInfo.InvariantCulture, $"<p class=\"soft\">{Text(title)}, {greatest:N0} at the most</p>\n<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Text(title)}\"><line class=\"axis\" x1=\"0\" y1=\"{Base}\" x2=\"{Width}\" y2=\"{Base}\"/>");
        for (var i = 0; i < bars.Count; i++)
        {
            var height = bars[i].Value / greatest * (Base - 4);
            _html.Append(CultureInfo.InvariantCulture, $"<rect class=\"bar\" x=\"{i * step + step * 0.1:0.##}\" y=\"{Base - height:0.##}\" width=\"{Math.Min(step * 0.8, 48):0.##}\" height=\"{height:0.##}\"><title>{Text(bars[i].Label)}</title></rect>");
        }

        _html.Append("</svg>\n");
    }

    private void Table(string[] headers, IEnumerable<string[]> rows, int numbersFrom, int numbersTo = int.MaxValue)
    {
        _html.Append("<div class=\"wide\"><table>\n<tr>");
        for (var i = 0; i < headers.Length; i++) Cell("th", headers[i], i);
        foreach (var row in rows)
        {
            _html.Append("</tr>\n<tr>");
            for (var i = 0; i < row.Length; i++) Cell("td", row[i], i);
        }

        _html.Append("</tr>\n</table></div>\n");

        void Cell(string tag, string value, int place)
            => _html.Append(CultureInfo.InvariantCulture, $"<{tag}{(place >= numbersFrom && place <= numbersTo ? " class=\"n\"" : "")}>{Text(value)}</{tag}>");
    }

    private static string Changes(CertifiedGeneration generation)
        => $"{Number(generation.Counts[5])} inserted, {Number(generation.Counts[6])} updated, {Number(generation.Counts[7])} deleted";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(DateTime at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
