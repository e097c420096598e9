namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException DatabaseNotNamed(SwarmDatabase implied) => Configuration(
        $"This writes, and no database was named. The environment implies {implied}, which is not enough to write to it.",
        "Name it: -Database PATH or URL, or hand over the object: -Database (Get-SwarmDatabase).", implied);

    internal static SwarmConfigurationException ArchiveNotADatabase(SwarmDatabase archive) => Configuration(
        $"'{archive.Path}' is an archive; a database is expected.",
        "Load it into a database with Import-SwarmConversation -Path, or read it with Export-SwarmConversation.", archive);
}
