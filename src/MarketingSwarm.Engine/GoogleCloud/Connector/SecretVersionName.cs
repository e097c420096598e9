using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>A version of a secret as a URL's <c>passwordSecret</c> names it: <c>NAME</c> or <c>projects/PROJECT/secrets/NAME</c>, with <c>/versions/VERSION</c> or without.</summary>
/// <param name="Project">The project's id or number; <see langword="null"/> where the name does not say it.</param>
/// <param name="Name">The secret's name.</param>
/// <param name="Version">A number or an alias; <c>latest</c> where the name does not say it.</param>
internal sealed partial record SecretVersionName(string? Project, string Name, string Version)
{
    /// <exception cref="SwarmConfigurationException">It is not a secret's name.</exception>
    internal static SecretVersionName Parse(string text, string shown)
    {
        if (Form().Match(text) is not { Success: true } match) throw Errors.PasswordSecretMalformed(shown);
        return new SecretVersionName(
            match.Groups["project"] is { Success: true } project ? project.Value : null, match.Groups["name"].Value,
            match.Groups["version"] is { Success: true } version ? version.Value : "latest");
    }

    [GeneratedRegex(
        @"^(projects/(?<project>[\w.:-]+)/secrets/)?(?<name>[A-Za-z0-9_-]{1,255})(/versions/(?<version>[\w-]+))?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
