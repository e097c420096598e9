namespace MarketingSwarm.Tests;

/// <summary>The module in a process of its own: the Shell that was built beside these tests.</summary>
internal static class ShellProcess
{
    private static readonly string Program = Path.Combine(
        Repository.Root, "src", "MarketingSwarm.Shell", "bin", Configuration, Path.GetFileName(TargetFolder), "MarketingSwarm.Shell.dll");

    private static string TargetFolder => Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);

    private static string Configuration => Path.GetFileName(Path.GetDirectoryName(TargetFolder))!;

    internal static ProgramResult Run(params IEnumerable<string> arguments)
        => Programs.Run(Programs.Find("dotnet")!, [Program, .. arguments], environment: [new("NO_COLOR", "1")]);

    internal static ProgramResult RunCommand(string command) => Run("-Command", command);
}
