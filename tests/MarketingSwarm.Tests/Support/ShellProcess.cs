namespace MarketingSwarm.Tests;

/// <summary>The module in a process of its own: the Shell that was built beside these tests.</summary>
internal static class ShellProcess
{
    private static readonly KeyValuePair<string, string?>[] Plain = [new("NO_COLOR", "1")];

    internal static string DotNet => Programs.Find("dotnet")!;

    internal static string Program { get; } = Path.Combine(
        Repository.Root, "src", "MarketingSwarm.Shell", "bin", Configuration, Path.GetFileName(TargetFolder), "MarketingSwarm.Shell.dll");

    private static string TargetFolder => Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);

    private static string Configuration => Path.GetFileName(Path.GetDirectoryName(TargetFolder))!;

    internal static ProgramResult Run(params IEnumerable<string> arguments) => RunWithInput(null, arguments);

    internal static ProgramResult RunCommand(string command) => Run("-Command", command);

    /// <summary>Runs one command in the Shell with these environment variables besides.</summary>
    internal static ProgramResult RunCommand(string command, IEnumerable<KeyValuePair<string, string?>> environment)
        => Programs.Run(DotNet, [Program, "-Command", command], environment: [.. Plain, .. environment]);

    /// <summary>Runs the Shell with these lines as its standard input.</summary>
    internal static ProgramResult RunWithInput(string? input, params IEnumerable<string> arguments)
        => Programs.Run(DotNet, [Program, .. arguments], input, Plain);
}
