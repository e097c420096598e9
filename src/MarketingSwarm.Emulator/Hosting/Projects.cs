using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>Projects are not made here: every one that is named exists.</summary>
internal static class Projects
{
    /// <summary>The project that this machine would be in.</summary>
    public const string OfThisMachine = "swarm-emulator";

    /// <summary>The project's number: twelve digits, always the same for an id. A number is its own.</summary>
    public static string NumberOf(string project)
    {
        if (project.Length > 0 && project.All(char.IsAsciiDigit)) return project;
        var hash = BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(project)));
        return (100_000_000_000 + hash % 900_000_000_000).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Whether two of an id or a number name one project.</summary>
    public static bool AreSame(string one, string other) => NumberOf(one) == NumberOf(other);

    /// <summary>The service account that the token file's bearer acts as.</summary>
    public static string ServiceAccountOf(string project) => $"emulator@{project}.iam.gserviceaccount.com";
}
