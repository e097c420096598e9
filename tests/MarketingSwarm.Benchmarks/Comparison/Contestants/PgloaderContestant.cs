using System.Diagnostics;
using MarketingSwarm.Testing;

namespace MarketingSwarm.Benchmarks.Comparison.Contestants;

/// <summary>
///   pgloader with the types that the application needs: its own choice for DATETIME is <c>timestamptz</c>, with which the application's times shift.
///   Tuned, its batches are as many rows as make 2 MB: with more it was slower, and with 40 MB it ran out of its heap, whose size Debian's build has no option for.
/// </summary>
internal sealed class PgloaderContestant(Compression compression, bool tuned) : Contestant(tuned ? "pgloader-tuned" : "pgloader", compression)
{
    private const long BatchBytes = 2_000_000;

    private static string? Program { get; } = Programs.Find("pgloader");

    internal override TableBefore Table => TableBefore.None;

    internal override Task<string?> GetSkipReasonAsync() => Task.FromResult(Program is null ? "pgloader was not found" : null);

    internal override ProcessStartInfo GetStart(SampleFile source, TargetDatabase target, Workspace workspace)
    {
        var batch = Math.Clamp(BatchBytes * source.Fingerprint.Rows / Math.Max(source.Bytes, 1), 100, 25_000);
        var tuning = tuned ? FormattableString.Invariant($", batch rows = {batch}, prefetch rows = {2 * batch}") : "";
        var commands = workspace.WritePrivateFile(
            "conversations.load",
            $"""
            LOAD DATABASE FROM sqlite://{source.Path} INTO {target.Url}
            WITH include drop, create tables, create indexes, reset sequences{tuning}
            CAST type datetime to timestamp;

            """);
        var start = new ProcessStartInfo(Program!, ["--root-dir", workspace.GetPrivatePath("pgloader"), commands]);
        target.AddPassword(start, workspace);
        return start;
    }
}
