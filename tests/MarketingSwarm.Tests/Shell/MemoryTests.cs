using System.Globalization;

namespace MarketingSwarm.Tests.Shell;

/// <summary>A move's memory does not depend on the rows moved: the process's peak, as the operating system counts it.</summary>
public sealed class MemoryTests(PostgresServer postgres)
{
    private const long Megabyte = 1 << 20;
    private const long Allowance = 120 * Megabyte;

    [Theory]
    [InlineData(20_000, 200_000, "-ResponseCount 0")]
    [InlineData(1_000, 20_000, "-ResponseSize 1150")]
    public async Task AMoveStaysWithinItsAllowance(int count, int fullCount, string size)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak is read from /proc.");
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        var source = folder.File("app.db");
        // Made by another process, whose memory does not count.
        PowerShellSession.Run(
            $"$null = New-SwarmSampleDatabase $path -Count {Scale.Rows(count, fullCount)} {size}; $null = Initialize-SwarmDatabase $url",
            ("path", source), ("url", database.Url)).EnsureSuccess();
        var largest = long.Parse(
            Sqlite3.Run(source, "SELECT max(length(user_query) + length(agent_responses) + length(conversation_metadata)) FROM conversations")[0],
            CultureInfo.InvariantCulture);

        var result = ShellProcess.RunCommand(
            $$"""
            function Get-Peak { [IO.File]::ReadAllLines('/proc/self/status') | Where-Object { $_ -like 'VmHWM:*' } | ForEach-Object { ($_ -split '\s+')[1] } }
            Get-Peak
            (Export-SwarmConversation '{{source}}' | Import-SwarmConversation '{{database.Url}}').Read
            Get-Peak
            """);

        Assert.True(result.ExitCode == 0, result.Error);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => long.Parse(line, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(3, lines.Count);
        Assert.Equal(Scale.Rows(count, fullCount), lines[1]);
        Assert.InRange((lines[2] - lines[0]) * 1024, 1, Allowance + 4 * largest);
    }
}
