namespace MarketingSwarm.Testing;

/// <summary>PostgreSQL's own programs: what the instances are made of, and psql as the witness.</summary>
public static class PostgresPrograms
{
    public static void SkipWithout()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The server's programs are run on Linux and macOS only.");
        Assert.SkipWhen(PostgresCluster.ProgramFolder is null, "PostgreSQL's programs were not found.");
    }

    /// <summary>Where this is root, another account passes through the folder to what belongs to it.</summary>
    public static void LetThrough(TempFolder folder)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    /// <summary>What psql says to the statements; a refusal is its error text.</summary>
    public static async Task<ProgramResult> PsqlAsync(string host, int port, string user, string password, string database, string sql)
    {
        var psql = Programs.Find("psql", PostgresCluster.ProgramFolder!)!;
        string[] arguments = ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", $"{port}", "-U", user, "-d", database, "-f", "-"];
        return await Programs.RunAsync(psql, arguments, sql, [new("PGPASSWORD", password), new("PGCONNECT_TIMEOUT", "10")]);
    }
}
