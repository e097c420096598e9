namespace MarketingSwarm;

/// <summary>What the views of Google Cloud's objects show. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class CloudFormatting
{
    /// <summary>Settings with their origins, a line each, aligned.</summary>
    public static string FormatOrigins(IReadOnlyList<SettingOrigin> origins)
    {
        ArgumentNullException.ThrowIfNull(origins);
        if (origins.Count == 0) return "";
        var width = origins.Max(part => part.Setting.Length);
        return string.Join('\n', origins.Select(part => $"{part.Setting.PadRight(width)}  {part.Origin}"));
    }

    /// <summary>The private address where there is one, since applications use that, else the public one.</summary>
    public static string FormatAddress(CloudSqlInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.PrivateAddress ?? instance.PublicAddress ?? "";
    }

    /// <summary>An operation's status; FAILED for one that ended with errors.</summary>
    public static string FormatStatus(CloudSqlOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return operation.Errors.Count > 0 ? "FAILED" : operation.Status;
    }

    /// <summary>A secret's name with its version.</summary>
    public static string FormatSecret(CloudSqlProvisioning provisioning)
    {
        ArgumentNullException.ThrowIfNull(provisioning);
        return provisioning.SecretVersion is { } version ? $"{provisioning.SecretName}, version {version}" : provisioning.SecretName ?? "";
    }

    /// <summary>The steps with what was done, a line each, aligned; details after them.</summary>
    public static string FormatSteps(IReadOnlyList<CloudSqlProvisioningStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        if (steps.Count == 0) return "";
        var width = steps.Max(step => $"{step.Action}".Length);
        return string.Join('\n', steps.Select(step => $"{$"{step.Action}".PadRight(width)}  {step.Step}{(step.Detail is null ? "" : $": {step.Detail}")}"));
    }
}
