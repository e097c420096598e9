using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace MarketingSwarm.Packer;

/// <summary>The commit that a work tree is at, and what it has besides.</summary>
/// <param name="Commit">The full hash.</param>
/// <param name="Date">The commit's date, in UTC: the time of every packed file.</param>
/// <param name="Changes">Files that are not as the commit has them, ignored ones apart; relative to the work tree.</param>
internal sealed record GitTree(string Commit, DateTimeOffset Date, IReadOnlyList<string> Changes)
{
    /// <exception cref="PackingException">The folder is no work tree with a commit, or git is missing.</exception>
    public static GitTree Read(string folder)
    {
        var head = Run(folder, "show", "--no-patch", "--format=%H %ct", "HEAD").TrimEnd().Split(' ');
        // Without renames each entry is one path behind two letters and a space.
        var changes = Run(folder, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", ".")
            .Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => entry[3..])
            .ToArray();
        return new GitTree(head[0], DateTimeOffset.FromUnixTimeSeconds(long.Parse(head[1], CultureInfo.InvariantCulture)), changes);
    }

    private static string Run(string folder, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 0) return output;
            throw new PackingException(
                $"'{folder}' is packed by its commit, and git says: {error.GetAwaiter().GetResult().Trim()} Nothing was packed. Pack from a clone of the repository.");
        }
        catch (Win32Exception exception)
        {
            throw new PackingException($"git could not be started ({exception.Message}) and names the commit that is packed. Nothing was packed. Install git.");
        }
    }
}
