namespace MarketingSwarm.Shell;

/// <summary>The Shell: one script or command, then the exit code.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        var terminal = new Hosting.Terminal();
        var options = ShellOptions.Parse(arguments);
        if (options.Error is not null)
        {
            terminal.WriteError($"MarketingSwarm.Shell: {options.Error}{Environment.NewLine}");
            return ExitCodes.Usage;
        }

        if (options.Help)
        {
            terminal.WriteOutput(ShellOptions.Usage);
            return ExitCodes.Success;
        }

        using var interruption = new Interruption();
        return new ShellSession(terminal, interruption).Run(options);
    }
}
