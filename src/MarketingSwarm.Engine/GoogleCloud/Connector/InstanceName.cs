using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>A Cloud SQL instance's connection name, <c>project:region:instance</c>.</summary>
/// <param name="Project">The project's id, perhaps with its organisation's domain before it: <c>example.com:my-project</c>.</param>
/// <param name="Region">The region, such as <c>us-central1</c>.</param>
/// <param name="Name">The instance's own name.</param>
internal sealed partial record InstanceName(string Project, string Region, string Name)
{
    internal static bool TryParse(string text, [NotNullWhen(true)] out InstanceName? name)
    {
        var match = Form().Match(text);
        name = match.Success ? new InstanceName(match.Groups["project"].Value, match.Groups["region"].Value, match.Groups["name"].Value) : null;
        return match.Success;
    }

    public override string ToString() => $"{Project}:{Region}:{Name}";

    [GeneratedRegex(@"^(?<project>([\w.-]+:)?[\w-]+):(?<region>[\w-]+):(?<name>[\w-]+)\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
