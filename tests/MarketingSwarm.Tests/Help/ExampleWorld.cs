using System.Text.Json.Nodes;

namespace MarketingSwarm.Tests.Help;

/// <summary>What the examples of all pages share: an emulator with an instance, its database and user, and a SQLite file. Each page gets an empty database and a copy of the file.</summary>
public sealed class ExampleWorld : IAsyncDisposable
{
    internal const string Project = "rehearsal";

    private const string Migrated = "Invoke-SwarmMigration ./app.db $pg";

    private const string Granted = "Grant-SwarmSecretAccess db-pass serviceAccount:app@rehearsal.iam.gserviceaccount.com\nGrant-SwarmCloudSqlAccess serviceAccount:app@rehearsal.iam.gserviceaccount.com";

    private const string Described = "New-SwarmDeployment marketing-swarm-db -Service marketing-swarm-backend -ServiceAccount app@rehearsal.iam.gserviceaccount.com";

    private const string Deployed = $"""
        {Granted}
        {Described}
        Publish-SwarmDeployment ./service.yaml -Create
        Publish-SwarmDeployment ./service.yaml -Image candidate
        """;

    private const string CutOver = $$"""
        {{Migrated}}
        Start-SwarmCutover ./app.db $pg { }
        """;

    private const string Emulator = "Start-SwarmEmulator ./rehearsal";

    /// <summary>What a page assumes beyond that, and whether each of its examples does.</summary>
    private static readonly Dictionary<string, Preparation> Preparations = new()
    {
        ["about_SwarmCutover"] = new($"Invoke-SwarmMigration ./test_marketing_swarm.db $pg\n{Deployed}"),
        ["about_SwarmFidelity"] = new(Migrated),
        ["Backup-SwarmDatabase"] = new(Migrated),
        ["Compare-SwarmConversation"] = new($"{Migrated}\nExport-SwarmConversation ./app.db ./app.ndjson.gz"),
        ["Get-SwarmCloudSqlProxy"] = new("Start-SwarmCloudSqlProxy marketing-swarm-db -Port 0"),
        ["Get-SwarmConversation"] = new($"{Migrated}\nExport-SwarmConversation ./app.db ./conversations_export.json"),
        ["Get-SwarmCutover"] = new(CutOver),
        ["Get-SwarmDatabase"] = new("[IO.File]::WriteAllText(\"$folder/.env.production\", \"DATABASE_URL='$pg'\")"),
        ["Get-SwarmDatabaseSchema"] = new(Migrated),
        ["Get-SwarmDeployment"] = new(Deployed),
        ["Get-SwarmEmulator"] = new(Emulator),
        ["Get-SwarmMigration"] = new("New-SwarmSampleDatabase ./hazards.db -Count 10 -Hazard NulInText\nInvoke-SwarmMigration ./hazards.db $pg"),
        ["Import-SwarmConversation"] = new(
            "Initialize-SwarmDatabase $pg\nExport-SwarmConversation ./app.db ./app-2025-06-18.ndjson.gz\nInitialize-SwarmDatabase ./app-copy.db"),
        ["New-SwarmMigrationReport"] = new($"{CutOver}\n{Backup("20261124T120000000Z")}"),
        ["New-SwarmSampleDatabase"] = new("Initialize-SwarmDatabase $pg"),
        ["Export-SwarmConversation"] = new("Initialize-SwarmDatabase $pg"),
        ["about_Swarm_Archives"] = new("Initialize-SwarmDatabase $pg"),
        ["New-SwarmCloudSqlInstance"] = new("") { Project = "provisioning" },
        ["New-SwarmCloudSqlUser"] = new("Set-SwarmCloudSqlInstance marketing-swarm-db -DatabaseFlag @{ 'cloudsql.iam_authentication' = 'on' } -Force"),
        ["Publish-SwarmDeployment"] = new($"{Granted}\n{Described}"),
        ["Remove-SwarmCloudSqlInstance"] = new("New-SwarmCloudSqlInstance marketing-swarm-db -Tier db-f1-micro -NoBackup") { Project = "removal" },
        ["Restore-SwarmDatabase"] = new($"{Migrated}\n{Backup("20250618T185005123Z")}"),
        ["Set-SwarmContext"] = new("""[IO.File]::WriteAllText("$folder/runbook.json", '{"type": "authorized_user", "client_id": "id", "client_secret": "none", "refresh_token": "none"}')"""),
        ["Set-SwarmSecret"] = new("") { Project = "secrets" },
        ["Start-SwarmCloudSqlProxy"] = new(
            $$"""
            {{Migrated}}
            Set-SwarmCloudSqlInstance marketing-swarm-db -DatabaseFlag @{ 'cloudsql.iam_authentication' = 'on' } -Force
            New-SwarmCloudSqlUser emulator@swarm-emulator.iam.gserviceaccount.com -Type IamServiceAccount -Instance marketing-swarm-db
            [IO.File]::WriteAllText("$folder/main.py", "import os, urllib.parse; print(urllib.parse.urlsplit(os.environ['DATABASE_URL']).username)")
            """),
        ["Start-SwarmCutover"] = new($"{Migrated}\n{Deployed}") { IsForEach = true },
        // A switch that fails leaves a cutover that can be taken back.
        ["Stop-SwarmCutover"] = new($"{Migrated}\n{Deployed}\ntry {{ Start-SwarmCutover ./app.db $pg {{ throw 'not yet' }} }} catch {{ $Error.Clear() }}"),
        ["Stop-SwarmCloudSqlProxy"] = new("Start-SwarmCloudSqlProxy marketing-swarm-db -Port 0") { IsForEach = true },
        ["Stop-SwarmEmulator"] = new(Emulator),
        ["Sync-SwarmConversation"] = new(
            $$"""
            {{Migrated}}
            $null = [IO.Directory]::CreateDirectory("$folder/copies")
            [IO.File]::Copy("$folder/app.db", "$folder/copies/app-noon.db", $true)
            [IO.File]::Copy("$folder/app.db", "$folder/fallback.db", $true)
            """),
        ["Test-SwarmDatabase"] = new(Migrated),
        ["Test-SwarmMigration"] = new($"{CutOver}\n{Backup("20261124T120000000Z")}\nNew-SwarmMigrationReport $pg ./certificate.json -Backup ./backups/app-20261124T120000000Z.db"),
        ["Test-SwarmReadiness"] = new(
            $$"""
            Initialize-SwarmDatabase $pg
            {{Deployed}}
            Set-SwarmBackupPolicy marketing-swarm-db -StartTime 02:00 -RetainedBackups 7 -Force
            """),
        ["Update-SwarmDatabaseSchema"] = new(Migrated),
        ["Wait-SwarmCloudSqlOperation"] = new("") { Project = "waiting" },
    };

    private readonly TempFolder _folder = new();
    private EmulatorServer? _emulator;

    internal static IEnumerable<string> PreparedPages => Preparations.Keys;

    public async ValueTask DisposeAsync()
    {
        if (_emulator is not null) await _emulator.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>The folder and the session that a page assumes, over an empty database.</summary>
    internal async Task<ExampleScene> PrepareAsync(string page)
    {
        _emulator ??= await StartAsync();
        var instance = await FindInstanceAsync();
        if ($"{instance["settings"]!["activationPolicy"]}" == "NEVER")
        {
            _emulator.Run(Project, "Set-SwarmCloudSqlInstance marketing-swarm-db -ActivationPolicy Always -Force").EnsureSuccess();
            instance = await FindInstanceAsync();
        }

        await _emulator.DeleteAsync($"/v2/projects/{Project}/locations/us-central1/services/marketing-swarm-backend");
        return new ExampleScene(
            _emulator, $"{instance["ipAddresses"]![0]!["ipAddress"]}", await _emulator.GetSecretAsync(Project, "db-pass"), _folder.File("app.db"), Preparations.GetValueOrDefault(page) ?? new Preparation(""));
    }

    private static string Backup(string name) => $$"""
        $backup = Backup-SwarmDatabase ./app.db
        [IO.File]::Copy($backup.Path, "$folder/backups/app-{{name}}.db", $true)
        [IO.File]::WriteAllText("$folder/backups/app-{{name}}.db.json", [IO.File]::ReadAllText("$($backup.Path).json").Replace([IO.Path]::GetFileName($backup.Path), 'app-{{name}}.db'))
        """;

    private async Task<JsonObject> FindInstanceAsync() => await _emulator!.GetAsync($"/v1/projects/{Project}/instances/marketing-swarm-db");

    private async Task<EmulatorServer> StartAsync()
    {
        Assert.SkipWhen(Programs.Find("psql") is null || Programs.Find("pg_dump") is null, "psql and pg_dump, which examples call, are not in PATH.");
        var emulator = await EmulatorServer.StartAsync();
        emulator.Run(
            Project,
            """
            $null = New-SwarmSampleDatabase $path
            $null = New-SwarmCloudSqlInstance marketing-swarm-db -Tier db-f1-micro -DatabaseFlag @{ max_connections = 50 } -Database marketing_swarm -GeneratePassword -SecretName db-pass -Confirm:$false
            """,
            ("path", _folder.File("app.db"))).EnsureSuccess();
        return emulator;
    }
}

/// <summary>What a page assumes.</summary>
/// <param name="Script">Makes it.</param>
internal sealed record Preparation(string Script)
{
    /// <summary>The project that the page works in.</summary>
    internal string Project { get; init; } = ExampleWorld.Project;

    /// <summary>Whether each example begins with it, and with an empty database.</summary>
    internal bool IsForEach { get; init; }
}
