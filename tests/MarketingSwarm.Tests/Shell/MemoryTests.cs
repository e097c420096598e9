using System.Globalization;

namespace MarketingSwarm.Tests.Shell;

/// <summary>A move's memory does not depend on the rows moved: the process's peak, as the operating system counts it.</summary>
public sealed class MemoryTests(PostgresServer postgres)
{
    private const long Megabyte = 1 << 20;
    private const long Allowance = 120 * Megabyte;

    // Several chunks of 16 MB.
    [Theory]
    [InlineData(5_000, 250_000, "-ResponseSize 1150")]
    public Task AMigrationStaysWithinItsAllowance(int count, int fullCount, string size)
        => AssertWithinAsync(count, fullCount, size, (source, url) => $"(Invoke-SwarmMigration '{source}' '{url}').Read");

    [Theory]
    [InlineData(20_000, 200_000, "-ResponseCount 0")]
    [InlineData(1_000, 20_000, "-ResponseSize 1150")]
    public Task AMoveStaysWithinItsAllowance(int count, int fullCount, string size)
        => AssertWithinAsync(count, fullCount, size, (source, url) => $"$null = Initialize-SwarmDatabase '{url}'; (Export-SwarmConversation '{source}' | Import-SwarmConversation '{url}').Read");

    private async Task AssertWithinAsync(int count, int fullCount, string size, Func<string, string, string> getCommand)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak is read from /proc.");
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        var source = folder.File("app.db");
        // Made by another process, whose memory does not count.
        PowerShellSession.Run(
            $"$null = New-SwarmSampleDatabase $path -Count {Scale.Rows(count, fullCount)} {size}", ("path", source)).EnsureSuccess();
        var largest = long.Parse(
            Sqlite3.Run(source, "SELECT max(length(user_query) + length(agent_responses) + length(conversation_metadata)) FROM conversations")[0],
            CultureInfo.InvariantCulture);

        var result = ShellProcess.RunCommand(
            $$"""
            function Get-Peak { [IO.File]::ReadAllLines('/proc/self/status') | Where-Object { $_ -like 'VmHWM:*' } | ForEach-Object { ($_ -split '\s+')[1] } }
            Get-Peak
            {{getCommand(source, database.Url)}}
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
