using System.Globalization;

namespace MarketingSwarm;

/// <summary>What the views of a deployment show. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class DeploymentFormatting
{
    // What a list has for values in a window of 80 columns, beside the longest label of ours.
    private const int MessageWidth = 62;

    /// <summary>The file's name.</summary>
    public static string FormatName(SwarmDeploymentFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Path.GetFileName(file.Path);
    }

    /// <summary>How many lines came and went: <c>+12 -3</c>; empty where nothing changed.</summary>
    public static string FormatLines(SwarmDeploymentFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Diff.Length == 0) return "";
        var lines = file.Diff.Split('\n');
        var added = lines.Count(line => line.StartsWith('+') && !line.StartsWith("+++", StringComparison.Ordinal));
        var removed = lines.Count(line => line.StartsWith('-') && !line.StartsWith("---", StringComparison.Ordinal));
        return string.Create(CultureInfo.InvariantCulture, $"+{added} -{removed}");
    }

    /// <summary>A revision's share of the requests.</summary>
    public static string FormatShare(DeployedRevision revision)
    {
        ArgumentNullException.ThrowIfNull(revision);
        return string.Create(CultureInfo.InvariantCulture, $"{revision.Percent} %");
    }

    /// <summary>Why it is not ready, broken between words.</summary>
    public static string FormatMessage(SwarmDeployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        return string.Join('\n', CloudFormatting.Wrap((deployment.Message ?? "").ReplaceLineEndings(" "), MessageWidth));
    }

    /// <summary>The revisions, the newest first, a line each, aligned.</summary>
    public static string FormatRevisions(SwarmDeployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        if (deployment.Revisions.Count == 0) return "";
        var width = deployment.Revisions.Max(revision => revision.Name.Length);
        return string.Join('\n', deployment.Revisions.Select(revision => string.Create(
            CultureInfo.InvariantCulture, $"{revision.Percent,3} %  {revision.Name.PadRight(width)}  {revision.State}{(revision.Tag is null ? "" : $"  tag {revision.Tag}")}")));
    }
}
