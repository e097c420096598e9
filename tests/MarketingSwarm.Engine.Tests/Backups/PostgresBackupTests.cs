using MarketingSwarm.Engine.Backups;
using MarketingSwarm.Engine.Tests.Configuration;
using static MarketingSwarm.Engine.Tests.Backups.BackupOracle;

namespace MarketingSwarm.Engine.Tests.Backups;

/// <summary>Backups of PostgreSQL databases and their restoration, by the word of psql and pg_restore.</summary>
public sealed class PostgresBackupTests(PostgresServer postgres) : IDisposable
{
    private const string Fill = """
        CREATE TABLE conversations (
            id varchar PRIMARY KEY, user_id varchar, user_query text NOT NULL, status varchar DEFAULT 'active', created_at timestamp, completed_at timestamp,
            agent_responses text, conversation_metadata text, total_cost double precision, error_message text);
        CREATE INDEX conversations_created_at_idx ON conversations (created_at);
        INSERT INTO conversations (id, user_query, created_at, total_cost)
            SELECT 'c-' || i, repeat('é', i), '2025-06-18 18:50:05.000001'::timestamp + i * interval '1 minute', i / 3.0 FROM generate_series(1, 200) i;
        CREATE SCHEMA notes;
        CREATE TABLE notes.note (id integer PRIMARY KEY, text text);
        INSERT INTO notes.note VALUES (1, 'first');
        """;

    // What no restore may change: every cell of every row.
    private const string Digest = "SELECT count(*) || ' ' || md5(string_agg(c::text, E'\\n' ORDER BY id)) FROM conversations c";

    private readonly TempFolder _folder = new();
    private readonly Naming _naming = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Backups => _folder.File("backups");

    public void Dispose()
    {
        _folder.Dispose();
        _naming.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatWasBackedUpComesBack(bool isTableOnly)
    {
        await using var database = await CreateAsync();
        var before = database.Psql(Digest);
        var backup = await BackUpAsync(database, isTableOnly);
        database.Psql("UPDATE conversations SET status = 'changed'; DELETE FROM conversations WHERE id = 'c-7'; INSERT INTO conversations (id, user_query) VALUES ('new', 'q'); INSERT INTO notes.note VALUES (2, 'second')");
        var changed = database.Psql(Digest);

        var list = Programs.Run(FindProgram("pg_restore"), ["--list", backup.Path]);
        Assert.Equal(0, list.ExitCode);
        Assert.Contains("TABLE DATA public conversations", list.Output, StringComparison.Ordinal);
        Assert.Equal(!isTableOnly, list.Output.Contains("TABLE DATA notes note", StringComparison.Ordinal));
        Assert.Equal(("600", "600", Sha256(backup.Path)), (Mode(backup.Path), Mode(backup.ManifestPath), backup.Sha256));
        Assert.Equal((200L, isTableOnly), (backup.Rows!.Value, backup.IsTableOnly));
        Assert.StartsWith(database.Psql("SHOW server_version").Split(' ')[0], backup.EngineVersion, StringComparison.Ordinal);
        Assert.DoesNotContain(database.Password, File.ReadAllText(backup.ManifestPath), StringComparison.Ordinal);

        var restoration = await RestoreAsync(backup, database);

        Assert.Equal((200L, 0), (restoration.Rows!.Value, restoration.ExitCode));
        Assert.Equal(before, database.Psql(Digest));
        Assert.Equal("2", database.Psql("SELECT count(*) FROM pg_indexes WHERE tablename = 'conversations'"));
        Assert.Equal(isTableOnly ? "2" : "1", database.Psql("SELECT count(*) FROM notes.note"));

        // The restore itself can be undone.
        await RestoreAsync(BackupStore.Find(restoration.Previous!), database);
        Assert.Equal(changed, database.Psql(Digest));
        Assert.Equal("2", database.Psql("SELECT count(*) FROM notes.note"));
    }

    [Fact]
    public async Task AnEmptyDatabaseGetsTheBackupAndAnotherOnesContentIsNotReplacedUnasked()
    {
        await using var database = await CreateAsync();
        await using var empty = await postgres.CreateDatabaseAsync();
        await using var other = await CreateAsync();
        other.Psql("DELETE FROM conversations");
        var backup = await BackUpAsync(database, isTableOnly: false);

        Assert.Null((await RestoreAsync(backup, empty)).Previous);
        Assert.Equal("BackupOfAnotherDatabase", (await Assert.ThrowsAsync<SwarmConfigurationException>(() => RestoreAsync(backup, other))).ErrorId);
        Assert.Equal("0", other.Psql("SELECT count(*) FROM conversations"));
        await RestoreAsync(backup, other, force: true);

        Assert.Equal(database.Psql(Digest), empty.Psql(Digest));
        Assert.Equal(database.Psql(Digest), other.Psql(Digest));
    }

    [Fact]
    public async Task ARestoreThatFailsChangesNothing()
    {
        await using var database = await CreateAsync();
        var backup = await BackUpAsync(database, isTableOnly: false);
        database.Psql("UPDATE conversations SET status = 'changed'; CREATE VIEW depends AS SELECT id FROM conversations");
        var before = database.Psql(Digest);

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => RestoreAsync(backup, database));

        Assert.Equal("PostgresProgramFailed", error.ErrorId);
        Assert.Contains("depends", error.Message, StringComparison.Ordinal);
        Assert.Equal((before, "1"), (database.Psql(Digest), database.Psql("SELECT count(*) FROM notes.note")));
    }

    [Fact]
    public async Task ThePasswordIsOnNoCommandLine()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The witness is a shell script.");
        await using var database = await CreateAsync();
        var programs = _folder.File("bin");
        Directory.CreateDirectory(programs);
        foreach (var name in new[] { "pg_dump", "pg_restore" })
        {
            var script = Path.Combine(programs, name);
            File.WriteAllText(script, $"#!/bin/sh\nprintf '%s|%s\\n' \"$0 $*\" \"$PGPASSWORD\" >> '{_folder.File("log")}'\nexec '{FindProgram(name)}' \"$@\"\n");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var backup = await BackUpAsync(database, isTableOnly: true, [programs]);

        Assert.Equal(200, backup.Rows);
        var calls = File.ReadAllLines(_folder.File("log")).Select(line => line.Split('|')).ToList();
        Assert.Equal(["pg_dump", "pg_dump", "pg_restore"], calls.Select(call => Path.GetFileName(call[0].Split(' ')[0])));
        Assert.Equal(database.Password, calls[1][1]);
        Assert.NotEqual("", database.Password);
        Assert.All(calls, call => Assert.DoesNotContain(database.Password, call[0], StringComparison.Ordinal));
    }

    [Fact]
    public async Task ProgramsThatAreMissingOrTooOldAreNamed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The old program is a shell script.");
        await using var database = await CreateAsync();
        var old = _folder.File("old");
        Directory.CreateDirectory(old);
        foreach (var name in new[] { "pg_dump", "pg_restore" })
        {
            File.WriteAllText(Path.Combine(old, name), $"#!/bin/sh\necho '{name} (PostgreSQL) 9.6'\n");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(old, name), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var missing = await Assert.ThrowsAsync<SwarmConfigurationException>(() => BackUpAsync(database, isTableOnly: false, [_folder.Path]));
        var tooOld = await Assert.ThrowsAsync<SwarmConfigurationException>(() => BackUpAsync(database, isTableOnly: false, [old]));

        Assert.Equal(("PostgresProgramMissing", "PostgresProgramMissing"), (missing.ErrorId, tooOld.ErrorId));
        Assert.Contains("9.6", tooOld.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Backups));
    }

    [Fact]
    public async Task AUserWhoMayReadTheTableAloneBacksUpTheTableAlone()
    {
        await using var database = await CreateAsync();
        var user = $"reader_{Guid.NewGuid():N}";
        database.Psql($"CREATE ROLE {user} LOGIN PASSWORD 'a b''c'; GRANT SELECT ON conversations TO {user}");
        try
        {
            var limited = _naming.Resolve(database.GetUrl(user, "a b'c"));

            Assert.Equal("PostgresProgramFailed", (await Assert.ThrowsAsync<SwarmDatabaseException>(() => BackUpAsync(limited, isTableOnly: false))).ErrorId);
            Assert.False(Directory.Exists(Backups));
            Assert.Equal(200, (await BackUpAsync(limited, isTableOnly: true)).Rows);
        }
        finally
        {
            database.Psql($"DROP OWNED BY {user}; DROP ROLE {user}");
        }
    }

    [Fact]
    public async Task AnArchiveThatPgRestoreCannotReadIsRefused()
    {
        await using var database = await CreateAsync();
        var backup = await BackUpAsync(database, isTableOnly: false);
        File.WriteAllText(backup.Path, "no archive");
        EditManifest(backup, json =>
        {
            json["bytes"] = new FileInfo(backup.Path).Length;
            json["sha256"] = Sha256(backup.Path);
        });

        Assert.Equal("PostgresProgramFailed", (await Assert.ThrowsAsync<SwarmDatabaseException>(() => RestoreAsync(BackupStore.Find(backup.Path), database))).ErrorId);
        Assert.Equal("200", database.Psql("SELECT count(*) FROM conversations"));
    }

    // A distribution's own wrapper in PATH, which chooses a version by itself, is as good.
    private static string FindProgram(string name)
    {
        string[] others = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        var program = Programs.Find(name, others.OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")));
        Assert.SkipWhen(program is null, $"{name} was not found.");
        return program!;
    }

    private async Task<TestDatabase> CreateAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        _ = FindProgram("pg_dump");
        database.Psql(Fill);
        return database;
    }

    private Task<DatabaseBackup> BackUpAsync(TestDatabase database, bool isTableOnly, IEnumerable<string>? folders = null)
        => BackUpAsync(_naming.Resolve(database.Url), isTableOnly, folders);

    private async Task<DatabaseBackup> BackUpAsync(SwarmDatabase database, bool isTableOnly, IEnumerable<string>? folders = null)
    {
        using var source = await PostgresBackup.OpenAsync(database, isTableOnly, needsTable: true, folders, Token);
        return await source.CompleteAsync(Backups, BackupPurpose.Requested, Token);
    }

    private async Task<BackupRestoration> RestoreAsync(DatabaseBackup backup, TestDatabase database, bool force = false)
    {
        using var restoration = await PostgresRestoration.OpenAsync(backup, _naming.Resolve(database.Url), force, folders: null, Token);
        return await restoration.RestoreAsync(Token);
    }
}
