namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException EmulatorFilesMissing(string program) => Configuration(
        $"The emulator is not in the module: there is no '{program}'.", "Install the module again, or build it: dotnet build.", program);

    internal static SwarmConfigurationException EmulatorRuntimeMissing(string framework, int majorVersion, IReadOnlyCollection<string> found) => Configuration(
        $"The emulator needs the ASP.NET Core Runtime {majorVersion} ({framework} {majorVersion}), which was not found: "
        + (found.Count == 0 ? "there is no dotnet in PATH, in DOTNET_ROOT or where it is usually installed." : $"it is not beside {string.Join(", ", found)}."),
        $"Install it (Debian and Ubuntu: apt install aspnetcore-runtime-{majorVersion}.0; macOS: brew install dotnet; Windows: winget install Microsoft.DotNet.AspNetCore.{majorVersion}; "
        + $"all: https://dot.net/download), or set DOTNET_ROOT to the folder that it is in.",
        framework);

    internal static SwarmConfigurationException EmulatorPostgresMissing(string stateFolder, string said) => Configuration(
        $"The emulator cannot run PostgreSQL: {said}", "Install PostgreSQL's server programs as the message says, and start the emulator again.", stateFolder);

    internal static SwarmConfigurationException EmulatorNotStarted(string stateFolder, int exitCode, string said) => Configuration(
        $"The emulator did not start (exit code {exitCode}): {(said.Length == 0 ? "it said nothing" : said)}",
        "Mend what it says. With another -StatePath it starts from nothing.", stateFolder);

    internal static SwarmConfigurationException EmulatorStartTimedOut(string stateFolder, TimeSpan limit, string said) => Configuration(
        $"The emulator did not listen within {limit.TotalMinutes:0} minutes, and was ended. {said}".TrimEnd(),
        $"Read '{Path.Combine(stateFolder, "emulator.log")}'. With another -StatePath it starts from nothing.", stateFolder);

    internal static SwarmConfigurationException EmulatorNotRunning(string stateFolder) => Configuration(
        $"No emulator of this user runs with the state folder '{stateFolder}'.",
        "Get-SwarmEmulator lists those that run. PostgreSQL servers that a killed emulator left are taken over by Start-SwarmEmulator with the same -StatePath.", stateFolder);

    internal static SwarmConfigurationException EmulatorFaultsRefused(string stateFolder, string said) => Configuration(
        $"The emulator runs already, and refuses the faults: {said} Its faults are those of before.", "Correct -Fault.", stateFolder);

    internal static SwarmConfigurationException EmulatorTokenUnreadable(string file, Exception inner) => Configuration(
        $"The emulator's token file '{file}' cannot be read: {inner.Message}", "Check that it is there and that you may read it; it is made anew when the emulator is started without it.", file, inner);

    internal static SwarmCloudException EmulatorUnreachable(string endpoint, int processId, Exception inner) => new(
        nameof(EmulatorUnreachable), SwarmCloudFailure.Unavailable, $"The emulator at {endpoint} (process {processId}) runs and does not answer: {inner.Message}",
        $"Try again. If it stays so, end the process {processId}; the next start takes over the PostgreSQL servers that it leaves.", endpoint, innerException: inner);

    internal static SwarmCloudException EmulatorNotStopped(int processId, string logFile, TimeSpan limit) => Cloud(
        SwarmCloudFailure.Timeout, $"The emulator (process {processId}) was told to stop and has not ended within {limit.TotalMinutes:0} minutes.",
        $"Read '{logFile}'. If it hangs, end the process; the next start takes over the PostgreSQL servers that it leaves.", processId);

    internal static SwarmConfigurationException EmulatorStateNotDeleted(string stateFolder, Exception inner) => Configuration(
        $"The emulator was stopped, and its state folder '{stateFolder}' could not be deleted: {inner.Message}", "Delete the folder yourself.", stateFolder, inner);
}
