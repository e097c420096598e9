namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException NoServerToHashOn(SwarmDatabase source, SwarmDatabase destination) => Configuration(
        $"-HashOnServer needs a PostgreSQL server, and neither {source} nor {destination} is one.",
        "Leave the switch away: files are read where they are.", destination);

    internal static SwarmConfigurationException NoSqlForArchive(SwarmDatabase destination) => Configuration(
        $"-As Sql writes statements for the destination, and {destination} is an archive, which has no SQL.",
        "Give the database that is to be repaired as -Destination.", destination);
}
