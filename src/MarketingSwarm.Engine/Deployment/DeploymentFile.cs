namespace MarketingSwarm.Engine.Deployment;

/// <summary>A file as it is and as it is to be.</summary>
/// <param name="Path">The full path.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Before">Its text; null where it is not there.</param>
/// <param name="After">Its text as it is to be.</param>
internal sealed record DeploymentFile(string Path, string Purpose, string? Before, string After)
{
    internal bool IsChanged => Before != After;

    /// <summary>Values in the file as it is that nobody should read in a difference.</summary>
    internal IReadOnlyCollection<string> Secrets { get; init; } = [];

    /// <summary>The difference, secrets as <c>***</c>; empty where there is none.</summary>
    internal string Diff => IsChanged
        ? Secrets.OrderByDescending(secret => secret.Length).Aggregate(
            UnifiedDiff.Create(System.IO.Path.GetFileName(Path), Before, After), (text, secret) => text.Replace(secret, SwarmDatabase.MaskedPassword, StringComparison.Ordinal))
        : "";

    /// <summary>What happens to it, or happened.</summary>
    internal CloudAction Action(bool isWhatIf)
        => !IsChanged ? CloudAction.Present
            : Before is null ? (isWhatIf ? CloudAction.WouldCreate : CloudAction.Created)
            : isWhatIf ? CloudAction.WouldUpdate : CloudAction.Updated;

    /// <summary>Puts it in place whole: nobody reads half of it.</summary>
    /// <exception cref="SwarmConfigurationException">It cannot be written.</exception>
    internal void Write()
    {
        var part = $"{Path}.{Environment.ProcessId}.part";
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            File.WriteAllText(part, After);
            if (!OperatingSystem.IsWindows() && File.Exists(Path)) File.SetUnixFileMode(part, File.GetUnixFileMode(Path));
            File.Move(part, Path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(part);
            throw Errors.DeploymentFileUnwritable(Path, exception);
        }
    }
}
