using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using MarketingSwarm.Engine.Checks;
using static MarketingSwarm.Engine.Tests.Checks.CheckRunner;

namespace MarketingSwarm.Engine.Tests.Checks;

public sealed class SqliteCheckTests
{
    private const string ReadySql = TableSql + IndexSql + RowSql;

    [Theory]
    [InlineData("delete")]
    [InlineData("wal")]
    public async Task AReadyFilePassesAndIsLeftAsItWas(string journalMode)
    {
        using var folder = new TempFolder();
        var path = folder.File("app.db");
        Sqlite3.Run(path, $"PRAGMA journal_mode = {journalMode}; {ReadySql}");
        var before = SHA256.HashData(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));

        var checks = await RunAsync(SqliteFile(path));

        AssertAllPassed(checks);
        Assert.Equal(Names.SkipLast(1), checks.Select(check => check.Name));
        Assert.Contains($"journal mode {journalMode}", checks.Get("Version").Actual, StringComparison.Ordinal);
        Assert.Equal(before, SHA256.HashData(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task TheApplicationWritesBetweenTheChecks()
    {
        using var folder = new TempFolder();
        var path = folder.File("app.db");
        Sqlite3.Run(path, ReadySql);

        var written = 0;
        await foreach (var check in new DatabaseChecker(SqliteFile(path), FewSamples).RunAsync(TestContext.Current.CancellationToken))
        {
            Assert.True(check.Passed, check.ToString());
            Sqlite3.Run(path, $"PRAGMA busy_timeout = 0; INSERT INTO conversations (id, user_query) VALUES ('new {++written}', 'q')");
        }

        Assert.Equal(["9"], Sqlite3.Run(path, "SELECT count(*) FROM conversations"));
    }

    [Theory]
    [InlineData("no file", SwarmDatabaseFailure.FileNotFound)]
    [InlineData("folder", SwarmDatabaseFailure.FileNotFound)]
    [InlineData("text", SwarmDatabaseFailure.NotADatabase)]
    [InlineData("exclusive lock", SwarmDatabaseFailure.Locked)]
    public async Task AFileThatCannotBeReadSaysWhy(string cause, SwarmDatabaseFailure failure)
    {
        using var folder = new TempFolder();
        var path = folder.File("app.db");
        using var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False");
        switch (cause)
        {
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "text":
                await File.WriteAllTextAsync(path, "no database, though long enough", TestContext.Current.CancellationToken);
                break;
            case "exclusive lock":
                Sqlite3.Run(path, ReadySql);
                other.Open();
                using (var command = other.CreateCommand())
                {
                    command.CommandText = "BEGIN EXCLUSIVE";
                    command.ExecuteNonQuery();
                }

                break;
        }

        var checks = await RunAsync(SqliteFile(path));

        Assert.Equal(failure, checks.GetFailed("Reachable").Failure);
        Assert.Equal(Names.SkipLast(1), checks.Select(check => check.Name));
        Assert.All(checks.Skip(1), check => Assert.Null(check.Passed));
    }

    [Fact]
    public async Task WhatAFileLacksIsNamed()
    {
        using var folder = new TempFolder();
        var path = folder.File("app.db");
        Sqlite3.Run(path, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE conversations (id VARCHAR PRIMARY KEY, user_query TEXT)");

        var checks = await RunAsync(SqliteFile(path));

        Assert.Contains("UTF-16le (can be read, not written)", checks.Get("Version").Actual, StringComparison.Ordinal);
        Assert.Contains("agent_responses", checks.GetFailed("Columns").Actual, StringComparison.Ordinal);
        Assert.Equal("none begins with created_at or with user_id", checks.GetFailed("Indexes").Actual);
        Assert.Null(checks.Get("Latency").Passed);
    }

    [Fact]
    public async Task AFileWithoutTheTableSaysSo()
    {
        using var folder = new TempFolder();
        var path = folder.File("app.db");
        Sqlite3.Run(path, "CREATE TABLE other (a)");

        Assert.Equal(SwarmDatabaseFailure.TableNotFound, (await RunAsync(SqliteFile(path))).GetFailed("Table").Failure);
    }

    [Theory]
    [InlineData("app.db", "app.db")]
    [InlineData("", "")]
    [InlineData("app.db-journal", "app.db-journal")]
    [UnsupportedOSPlatform("windows")]
    public void AFileOrFolderThatMayNotBeWrittenIsNamed(string readOnly, string named)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        using var folder = new TempFolder();
        var path = folder.File("app.db");
        Sqlite3.Run(path, ReadySql);
        // Without a header it is no journal to SQLite, which leaves it alone.
        if (readOnly.EndsWith("-journal", StringComparison.Ordinal)) File.WriteAllText(path + "-journal", "");
        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode writable = readable | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        const UnixFileMode searchable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(folder.Path, (readOnly.Length == 0 ? readable : writable) | searchable);
        foreach (var file in Directory.GetFiles(folder.Path)) File.SetUnixFileMode(file, Path.GetFileName(file) == readOnly ? readable : writable);

        List<DatabaseCheck> checks = [];
        RunUnprivileged(() => checks = RunAsync(SqliteFile(path)).GetAwaiter().GetResult());
        File.SetUnixFileMode(folder.Path, writable | searchable);

        Assert.True(checks.Get("Reachable").Passed, checks[0].ToString());
        Assert.StartsWith(
            $"'{(named.Length == 0 ? folder.Path : folder.File(named))}' cannot be written", checks.GetFailed("WritePrivilege").Actual, StringComparison.Ordinal);
    }

    // root may write everything. The system call, unlike the C library's function, changes the user of the calling thread alone.
    [UnsupportedOSPlatform("windows")]
    private static void RunUnprivileged(Action action)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            action();
            return;
        }

        long? setresuid = (OperatingSystem.IsLinux(), RuntimeInformation.ProcessArchitecture) switch
        {
            (true, Architecture.X64) => 117,
            (true, Architecture.Arm64) => 147,
            _ => null,
        };
        Assert.SkipWhen(setresuid is null, "Run by root, who may write everything.");
        const int nobody = 65534;
        Exception? failure = null;
        var result = 0L;
        var thread = new Thread(() =>
        {
            try
            {
                result = SystemCall(setresuid!.Value, nobody, nobody, nobody);
                if (result == 0) action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Equal(0, result);
        if (failure is not null) throw new InvalidOperationException(failure.Message, failure);
    }

    [DllImport("libc", EntryPoint = "syscall", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long SystemCall(long number, long first, long second, long third);
}
