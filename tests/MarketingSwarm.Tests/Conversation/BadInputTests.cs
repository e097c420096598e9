using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>What can be wrong with an input: each is one clear error that names it, and nothing is changed.</summary>
public sealed class BadInputTests(PostgresServer postgres) : IDisposable
{
    private const string ColumnList = "id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("no such file", "SqliteFileNotFound", "app.db", "path")]
    [InlineData("folder", "SqliteFileIsFolder", "is a folder", "file")]
    [InlineData("text", "NotASqliteFile", "app.db", "encrypted")]
    [InlineData("random bytes", "NotASqliteFile", "app.db", "encrypted")]
    [InlineData("cut in half", "SqliteFileTruncated", "app.db", "Copy")]
    [InlineData("cut in its header", "SqliteFileTruncated", "app.db", "Copy")]
    [InlineData("damaged page", "SqliteFileDamaged", "app.db", "integrity_check")]
    [InlineData("empty", "SqliteTableNotFound", "conversations", "application's file")]
    [InlineData("no table", "SqliteTableNotFound", "conversations", "application's file")]
    [InlineData("view", "NotATable", "a view", "table")]
    [InlineData("missing columns", "SourceTableUnsuitable", "columns user_id, total_cost are missing", "Update-SwarmDatabaseSchema")]
    [InlineData("extra column", "SourceTableUnsuitable", "column rating", "DROP COLUMN rating")]
    [InlineData("log without file", "SqliteWalWithoutFile", "app.db-wal", "keep it")]
    [InlineData("log with empty file", "SqliteEmptyBesideWal", "app.db-wal", "keep it")]
    public void ASourceThatCannotBeReadIsNamed(string fault, string errorId, string named, string action)
    {
        var path = _folder.File("app.db");
        Break(path, fault);
        var target = CreateSqlite(_folder.File("target.db"), rows: 3);
        var before = Photograph(_folder.Path);

        var exported = PowerShellSession.Run("Export-SwarmConversation $path | Import-SwarmConversation $target", ("path", path), ("target", target));
        var got = PowerShellSession.Run("Get-SwarmConversation $path", ("path", path));

        AssertNamed(exported, errorId, "Export-SwarmConversation", named, action);
        AssertNamed(got, errorId, "Get-SwarmConversation", named, action);
        Assert.Equal(before, Photograph(_folder.Path));
    }

    [Theory]
    [InlineData("no such file", "SqliteFileNotFound", "app.db", "path")]
    [InlineData("folder", "SqliteFileIsFolder", "is a folder", "file")]
    [InlineData("text", "NotASqliteFile", "app.db", "encrypted")]
    [InlineData("random bytes", "NotASqliteFile", "app.db", "encrypted")]
    [InlineData("cut in half", "SqliteFileTruncated", "app.db", "Copy")]
    [InlineData("empty", "SqliteTableNotFound", "conversations", "Initialize-SwarmDatabase")]
    [InlineData("no table", "SqliteTableNotFound", "conversations", "Initialize-SwarmDatabase")]
    [InlineData("view", "NotATable", "a view", "table")]
    [InlineData("missing columns", "TargetTableUnsuitable", "columns user_id, total_cost are missing", "Update-SwarmDatabaseSchema")]
    [InlineData("extra column", "TargetTableUnsuitable", "column rating", "Initialize-SwarmDatabase")]
    [InlineData("UTF-16", "SqliteEncodingNotUtf8", "UTF-16le", "PRAGMA encoding")]
    [InlineData("log without file", "SqliteWalWithoutFile", "app.db-wal", "keep it")]
    [InlineData("log with empty file", "SqliteEmptyBesideWal", "app.db-wal", "keep it")]
    public void ATargetFileThatCannotBeLoadedIsNamed(string fault, string errorId, string named, string action)
    {
        var path = _folder.File("app.db");
        Break(path, fault);
        var source = CreateSqlite(_folder.File("source.db"), rows: 3);
        var before = Photograph(_folder.Path);

        foreach (var preview in (string[])["", "-WhatIf"])
        {
            var result = PowerShellSession.Run($"Export-SwarmConversation $source | Import-SwarmConversation $path {preview}", ("path", path), ("source", source));

            AssertNamed(result, errorId, "Import-SwarmConversation", named, action);
            Assert.Equal(before, Photograph(_folder.Path));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ALockedFileIsNamedAndWaitedForAsLongAsTheApplicationWaits(bool isSource)
    {
        var locked = CreateSqlite(_folder.File("locked.db"), rows: 3);
        var other = CreateSqlite(_folder.File("other.db"), rows: 3);
        using var application = RunningPython.Start(
            "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\nconnection.execute('BEGIN EXCLUSIVE')\nprint('ready')\nsys.stdin.read()", locked);
        var before = Photograph(_folder.Path);

        var result = PowerShellSession.Run(
            "Export-SwarmConversation $source | Import-SwarmConversation $target -OnConflict Skip",
            ("source", isSource ? locked : other), ("target", isSource ? other : locked));

        AssertNamed(result, "SqliteLocked", isSource ? "Export-SwarmConversation" : "Import-SwarmConversation", "locked.db", "process");
        Assert.Equal(ErrorCategory.ResourceBusy, result.SingleError.CategoryInfo.Category);
        Assert.Equal(before, Photograph(_folder.Path));
        application.Finish();
    }

    [Theory]
    [InlineData("mysql://127.0.0.1/app", "UrlSchemeUnknown", "mysql")]
    [InlineData("postgresql+nosuch://127.0.0.1/app", "UrlDriverUnknown", "nosuch")]
    [InlineData("sqlite+nosuch:///app.db", "UrlDriverUnknown", "nosuch")]
    [InlineData("postgresql://127.0.0.1:port/app", "UrlPortInvalid", "port")]
    [InlineData("postgresql:/127.0.0.1/app", "UrlMalformed", "postgresql:/127.0.0.1/app")]
    [InlineData("sqlite://app.db", "SqliteUrlHasHost", "app.db")]
    [InlineData("sqlite://", "SqliteInMemory", "memory")]
    [InlineData("postgresql://127.0.0.1/app?sslmod=require", "UrlParameterUnknown", "sslmod")]
    public void AWrongUrlIsNamed(string url, string errorId, string named)
    {
        var other = CreateSqlite(_folder.File("other.db"), rows: 3);
        var before = Photograph(_folder.Path);

        AssertNamed(PowerShellSession.Run("Export-SwarmConversation $url | Import-SwarmConversation $other", ("url", url), ("other", other)), errorId, "Export-SwarmConversation", named, "");
        AssertNamed(PowerShellSession.Run("Export-SwarmConversation $other | Import-SwarmConversation $url", ("url", url), ("other", other)), errorId, "Import-SwarmConversation", named, "");
        AssertNamed(PowerShellSession.Run("Get-SwarmConversation $url", ("url", url)), errorId, "Get-SwarmConversation", named, "");
        Assert.Equal(before, Photograph(_folder.Path));
    }

    [Theory]
    [InlineData("unknown host", "HostUnreachable", "no-such-host.invalid", "DNS")]
    [InlineData("refused port", "ConnectionRefused", "refused the connection", "listens|runs")]
    [InlineData("silent host", "ConnectionTimeout", "did not answer within 2 s", "firewall")]
    [InlineData("wrong password", "AuthenticationFailed", "wrong password", "password")]
    [InlineData("no such database", "DatabaseNotFound", "no_such_database", "CREATE DATABASE")]
    [InlineData("no table", "PostgresTableNotFound", "conversations", "Initialize-SwarmDatabase")]
    public async Task AServerThatCannotBeUsedIsNamed(string fault, string errorId, string named, string action)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var silentPort = ((IPEndPoint)silent.LocalEndpoint).Port;
        using var closed = new ClosedPort();
        const string secret = "not-the-password";
        var url = fault switch
        {
            "unknown host" => $"postgresql://app:{secret}@no-such-host.invalid/app?sslmode=disable",
            "refused port" => $"postgresql://app:{secret}@127.0.0.1:{closed.Number}/app",
            "silent host" => $"postgresql://app:{secret}@127.0.0.1:{silentPort}/app?connect_timeout=2",
            "wrong password" => database.GetUrl(database.User, secret),
            "no such database" => database.Url.Replace(database.Name, "no_such_database", StringComparison.Ordinal),
            _ => database.Url,
        };
        var other = CreateSqlite(_folder.File("other.db"), rows: 3);
        var before = Photograph(_folder.Path);

        foreach (var (script, cmdlet) in new[]
        {
            ("Export-SwarmConversation $url | Import-SwarmConversation $other", "Export-SwarmConversation"),
            ("Export-SwarmConversation $other | Import-SwarmConversation $url", "Import-SwarmConversation"),
            ("Export-SwarmConversation $other | Import-SwarmConversation $url -WhatIf", "Import-SwarmConversation"),
            ("Get-SwarmConversation $url", "Get-SwarmConversation"),
        })
        {
            var result = PowerShellSession.Run(script, ("url", url), ("other", other));
            AssertNamed(result, errorId, cmdlet, named, action);
            Assert.DoesNotContain(secret, result.AllText, StringComparison.Ordinal);
        }

        Assert.Equal(before, Photograph(_folder.Path));
        Assert.Equal("0", database.Psql("SELECT count(*) FROM pg_tables WHERE tablename = 'conversations'"));
    }

    [Theory]
    [InlineData("agent_responses", "json")]
    [InlineData("conversation_metadata", "jsonb")]
    [InlineData("agent_responses", "integer")]
    [InlineData("created_at", "timestamp with time zone")]
    [InlineData("completed_at", "timestamp with time zone")]
    [InlineData("created_at", "timestamp(3) without time zone")]
    [InlineData("created_at", "date")]
    [InlineData("created_at", "text")]
    [InlineData("id", "uuid")]
    [InlineData("id", "integer")]
    [InlineData("user_id", "character varying(20)")]
    [InlineData("status", "character(9)")]
    [InlineData("user_query", "bytea")]
    [InlineData("total_cost", "integer")]
    [InlineData("total_cost", "real")]
    [InlineData("total_cost", "numeric(10,2)")]
    [InlineData("total_cost", "text")]
    public async Task ATargetColumnThatCannotHoldTheDataUnchangedIsNamed(string column, string type)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + $"ALTER TABLE conversations ALTER COLUMN {column} TYPE {type} USING NULL;");

        AssertTargetRefused(database, $"the column {column} is {type}:", $"ALTER COLUMN {column} TYPE");
    }

    [Theory]
    [InlineData("ALTER TABLE conversations DROP COLUMN user_id, DROP COLUMN status", "the columns user_id, status are missing", "Update-SwarmDatabaseSchema")]
    [InlineData("ALTER TABLE conversations ADD COLUMN rating integer DEFAULT 5", "the column rating is none of the application's ten", "Initialize-SwarmDatabase")]
    [InlineData("ALTER TABLE conversations ADD COLUMN \"Status\" varchar", "(it differs from status in its spelling)", "Initialize-SwarmDatabase")]
    [InlineData("ALTER TABLE conversations DROP CONSTRAINT conversations_pkey", "nothing keeps id unique", "Update-SwarmDatabaseSchema")]
    [InlineData("ALTER TABLE conversations SET UNLOGGED", "the table is UNLOGGED", "SET LOGGED")]
    [InlineData("ALTER TABLE conversations DROP COLUMN status, ADD COLUMN status varchar GENERATED ALWAYS AS ('active') STORED", "status is computed", "ordinary column")]
    public async Task ATargetTableThatCannotTakeTheRowsIsNamed(string change, string named, string action)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + change);

        AssertTargetRefused(database, named, action);
    }

    [Theory]
    [InlineData("no such file", "a.json", "ArchiveNotFound", "a.json", "path")]
    [InlineData("folder", "a.json", "ArchiveIsFolder", "a.json", "file")]
    [InlineData("empty", "a.json", "ArchiveEmpty", "a.json", "Copy")]
    [InlineData("cut", "a.json", "ArchiveCutOff", "a.json", "Copy")]
    [InlineData("cut", "a.ndjson", "ArchiveCutOff", "a.ndjson", "Copy")]
    [InlineData("cut", "a.json.gz", "ArchiveGzipCutOff", "a.json.gz", "Copy")]
    [InlineData("cut", "a.ndjson.gz", "ArchiveGzipCutOff", "a.ndjson.gz", "Copy")]
    [InlineData("changed", "a.json", "ArchiveChecksumWrong", "a.json.sha256", "Copy")]
    [InlineData("changed", "a.ndjson.gz", "ArchiveChecksumWrong", "a.ndjson.gz.sha256", "Copy")]
    [InlineData("another's JSON", "a.json", "ArchiveNotRecognised", "a.json", "export_date")]
    [InlineData("an array", "a.json", "ArchiveNotRecognised", "a.json", "export_date")]
    [InlineData("no JSON", "a.json", "ArchiveNotRecognised", "a.json", "export_date")]
    [InlineData("row too many", "a.json", "ArchiveCountWrong", "a.json", "Copy")]
    public void AnArchiveThatCannotBeTrustedIsNamed(string fault, string name, string errorId, string named, string action)
    {
        var path = _folder.File(name);
        var target = CreateSqlite(_folder.File("target.db"), rows: 0);
        switch (fault)
        {
            case "no such file": break;
            case "folder": Directory.CreateDirectory(path); break;
            case "empty": File.WriteAllText(path, ""); break;
            case "another's JSON": File.WriteAllText(path, """{"users": [{"id": "u-1"}]}"""); break;
            case "an array": File.WriteAllText(path, "[1, 2]"); break;
            case "no JSON": File.WriteAllText(path, "id,user_query\nc-1,q\n"); break;
            default:
                PowerShellSession.Run("$null = New-SwarmSampleDatabase $source -Count 50; $null = Export-SwarmConversation $source -Path $path", ("source", _folder.File("source.db")), ("path", path)).EnsureSuccess();
                if (fault != "changed") File.Delete(path + ".sha256");
                if (fault == "cut") using (var file = File.OpenWrite(path)) file.SetLength(file.Length / 2);
                if (fault == "row too many") File.WriteAllText(path, File.ReadAllText(path).Replace("\"total_count\": 50", "\"total_count\": 49", StringComparison.Ordinal));
                if (fault == "changed")
                {
                    var bytes = File.ReadAllBytes(path);
                    bytes[bytes.Length / 2] ^= 1;
                    File.WriteAllBytes(path, bytes);
                }

                break;
        }

        var before = Photograph(_folder.Path);

        foreach (var preview in (string[])["", "-WhatIf"])
            AssertNamed(PowerShellSession.Run($"Import-SwarmConversation $target -Path $path {preview}", ("target", target), ("path", path)), errorId, "Import-SwarmConversation", named, action);

        Assert.Equal(before, Photograph(_folder.Path));
    }

    [Fact]
    public async Task DuplicateIdsAreNamed()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + TwoRows);
        var target = _folder.File("target.db");
        Sqlite3.Run(target, SqliteTable + TwoRows);
        var twice = CreateSqlite(_folder.File("twice.db"), rows: 0, table: SqliteTable.Replace(", PRIMARY KEY (id)", "", StringComparison.Ordinal));
        Sqlite3.Run(twice, "INSERT INTO conversations (id, user_query) VALUES ('a', 'q'), ('once more', 'q'), ('b', 'q'), ('once more', 'r')");
        var known = CreateSqlite(_folder.File("known.db"), rows: 2);
        Sqlite3.Run(known, "INSERT INTO conversations (id, user_query) VALUES ('kept-2', 'another'), ('kept-1', 'another')");
        var (filesBefore, rowsBefore) = (Photograph(_folder.Path), Photograph(database));

        foreach (var url in (string[])[database.Url, target])
        {
            foreach (var conflict in (string[])["Fail", "Skip", "Update"])
            {
                foreach (var preview in (string[])["", "-WhatIf"])
                {
                    AssertNamed(
                        PowerShellSession.Run($"Export-SwarmConversation $twice | Import-SwarmConversation $url -OnConflict {conflict} {preview}", ("twice", twice), ("url", url)),
                        "DuplicateId", "Import-SwarmConversation", "Row once more: the input has two rows with this id", "Find out");
                }
            }

            foreach (var preview in (string[])["", "-WhatIf"])
            {
                AssertNamed(
                    PowerShellSession.Run($"Export-SwarmConversation $known | Import-SwarmConversation $url {preview}", ("known", known), ("url", url)),
                    // Two of them clash; which one the server meets first is the order's in which it gets them.
                    "DuplicateId", "Import-SwarmConversation", "Row kept-", "-OnConflict Skip");
            }
        }

        Assert.Equal(filesBefore, Photograph(_folder.Path));
        Assert.Equal(rowsBefore, Photograph(database));
    }

    [Theory]
    [InlineData("user_query", "'before' || char(0) || 'after'", "NUL character at byte 6")]
    [InlineData("error_message", "CAST(x'636166e9' AS TEXT)", "not valid UTF-8 from byte 3")]
    [InlineData("agent_responses", "x'5bff'", "BLOB whose bytes are not text")]
    public async Task ACellThatPostgresCannotHoldIsNamed(string column, string value, string reason)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + TwoRows);
        var source = CreateSqlite(_folder.File("source.db"), rows: 5);
        Sqlite3.Run(source, $"UPDATE conversations SET {column} = {value} WHERE id = 'c-4'");
        var before = Photograph(database);

        foreach (var preview in (string[])["", "-WhatIf"])
        {
            var result = PowerShellSession.Run($"Export-SwarmConversation $source | Import-SwarmConversation $url -OnUnrepresentable Fail {preview}", ("source", source), ("url", database.Url));

            AssertNamed(result, "CellNotRepresentable", "Import-SwarmConversation", $"Row c-4: {column} cannot be stored in PostgreSQL:", "Where-Object");
            Assert.Contains(reason, result.SingleError.Exception.Message, StringComparison.Ordinal);
            Assert.Equal("c-4", $"{PSObject.AsPSObject(result.SingleError.Exception).Properties["ConversationId"].Value}");
            Assert.Equal(column, PSObject.AsPSObject(result.SingleError.Exception).Properties["Column"].Value);
        }

        Assert.Equal(before, Photograph(database));
    }

    [Fact]
    public void AWriteWantsItsDatabaseNamed()
    {
        var source = CreateSqlite(_folder.File("source.db"), rows: 3);

        AssertNamed(
            PowerShellSession.Run("Export-SwarmConversation $source | Import-SwarmConversation", ("source", source)),
            "DatabaseNotNamed", "Import-SwarmConversation", "no database was named", "-Database");
    }

    private static void AssertNamed(PowerShellResult result, string errorId, string cmdlet, string named, string action)
    {
        var error = result.SingleError;
        Assert.Equal($"{errorId},{Command(cmdlet)}", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message + error.ErrorDetails?.RecommendedAction, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails?.RecommendedAction), error.ToString());
        Assert.Contains(action.Split('|'), part => error.ErrorDetails!.RecommendedAction.Contains(part, StringComparison.Ordinal));
        Assert.NotEqual(ErrorCategory.NotSpecified, error.CategoryInfo.Category);
        Assert.NotNull(error.TargetObject);
        Assert.Empty(result.Output);
    }

    private void AssertTargetRefused(TestDatabase database, string named, string action)
    {
        var source = CreateSqlite(_folder.File("source.db"), rows: 3);
        const string definition = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'conversations'::regclass AND attnum > 0 ORDER BY attnum";
        var before = database.Psql(definition);

        foreach (var option in (string[])["", "-WhatIf", "-OnConflict Skip", "-OnConflict Update"])
        {
            var result = PowerShellSession.Run($"Export-SwarmConversation $source | Import-SwarmConversation $url {option}", ("source", source), ("url", database.Url));
            AssertNamed(result, "TargetTableUnsuitable", "Import-SwarmConversation", named, action);
            Assert.Equal(ErrorCategory.InvalidType, result.SingleError.CategoryInfo.Category);
        }

        Assert.Equal(before, database.Psql(definition));
        Assert.Equal("0", database.Psql("SELECT count(*) FROM conversations"));
    }

    private static void Break(string path, string fault)
    {
        switch (fault)
        {
            case "no such file": break;
            case "folder": Directory.CreateDirectory(path); break;
            case "text": File.WriteAllText(path, "id,user_query\nc-1,q\n"); break;
            case "random bytes": File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(8192)); break;
            case "empty": File.WriteAllBytes(path, []); break;
            case "no table": Sqlite3.Run(path, "CREATE TABLE users (id)"); break;
            case "view": Sqlite3.Run(path, $"CREATE VIEW conversations AS SELECT {string.Join(", ", ColumnList.Split(", ").Select(name => $"1 AS {name}"))}"); break;
            case "missing columns": Sqlite3.Run(path, SqliteTable + "ALTER TABLE conversations DROP COLUMN user_id; ALTER TABLE conversations DROP COLUMN total_cost"); break;
            case "extra column": Sqlite3.Run(path, SqliteTable + "ALTER TABLE conversations ADD COLUMN rating INTEGER DEFAULT 5"); break;
            case "UTF-16": Sqlite3.Run(path, "PRAGMA encoding = 'UTF-16le'; " + SqliteTable); break;
            case "log without file": File.WriteAllBytes(path + "-wal", Encoding.ASCII.GetBytes("the newest rows")); break;
            case "log with empty file":
                File.WriteAllBytes(path, []);
                File.WriteAllBytes(path + "-wal", Encoding.ASCII.GetBytes("the newest rows"));
                break;
            default:
                CreateSqlite(path, rows: 200, size: 1000);
                using (var file = File.OpenWrite(path))
                {
                    if (fault == "cut in half") file.SetLength(file.Length / 2);
                    if (fault == "cut in its header") file.SetLength(50);
                    if (fault != "damaged page") break;
                    file.Position = 4096;
                    file.Write(Enumerable.Repeat((byte)0x55, 4096 * 10).ToArray());
                }

                break;
        }
    }
}
