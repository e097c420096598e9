namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmArchiveException ArchiveNotFound(string path) => Archive(
        $"There is no archive '{path}'.", "Check the path; a relative one starts at PowerShell's current location.", path);
}
