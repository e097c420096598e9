namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmArchiveException ArchiveNotFound(string path) => Archive(
        $"There is no archive '{path}'.", "Check the path; a relative one starts at PowerShell's current location.", path);

    internal static SwarmArchiveException ArchiveFormatUnknown(string path) => Archive(
        $"The name '{path}' does not tell the archive's format; it ends with none of .json, .ndjson, .jsonl, each with or without .gz.",
        "Name it so, or give -Format Json or -Format Ndjson.", path);
}
