namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmDatabaseException SampleFileExists(string path) => Database(
        SwarmDatabaseFailure.FileExists, $"'{path}' exists already.", "Name another file, or replace it with -Force.", path);

    internal static SwarmDatabaseException SampleFolderNotFound(string path, string folder) => Database(
        SwarmDatabaseFailure.FileNotFound, $"There is no folder '{folder}' to write '{Path.GetFileName(path)}' in.",
        $"Make it: New-Item -ItemType Directory '{folder}'.", path);

    internal static SwarmDatabaseException SampleNotWritten(string path, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.Other, $"'{path}' cannot be written: {reason}", "Check that you may write in its folder and that no other program has the file open.", path, inner: inner);

    internal static SwarmConfigurationException SampleHazardNeedsPlan(SampleHazard hazard) => Configuration(
        $"The hazard {hazard} needs a key that may be NULL, and the application's own table has a key that is NOT NULL.",
        $"Add -Shape {nameof(SampleShape.Plan)}, or leave {hazard} out.", hazard);
}
