<#
.SYNOPSIS
    The whole rollout without a question: from a project with nothing in it to a closed cutover, a step after the other, each logged.

.DESCRIPTION
    Every step finds what is done already, so that the same command goes on after a fault. Each step is one line of JSON in the log and one on the screen.

    Exit codes: 0, all is done; 2, all is done and something needs attention (a row in quarantine, say), which the log names; 1, a step failed: its name and the
    reason are in the log and on the error stream, and the steps after it were not begun.

    Runs in pwsh and in MarketingSwarm.Shell alike. Credentials come from the environment: GOOGLE_APPLICATION_CREDENTIALS, or a workload identity.

.PARAMETER Source
    The application's SQLite file. It is only read.

.PARAMETER Application
    The application's folder, in which the files of the deployment are written.

.PARAMETER LogPath
    The log, a line of JSON a step. It is added to.

.EXAMPLE
    ./examples/runbook.ps1 -Source ./app.db -Project my-project -ServiceAccount app@my-project.iam.gserviceaccount.com -Application . -LogPath ./rollout.jsonl
#>
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', '', Justification = 'Used in the script blocks of the steps, into which the rule does not look.')]
param(
    [Parameter(Mandatory)] [string] $Source,
    [Parameter(Mandatory)] [string] $Project,
    [Parameter(Mandatory)] [string] $ServiceAccount,
    [Parameter(Mandatory)] [string] $Application,
    [string] $Region = 'us-central1',
    [string] $Instance = 'marketing-swarm-db',
    [string] $Tier = 'db-g1-small',
    [string] $Database = 'marketing_swarm',
    [string] $UserName = 'app_user',
    [string] $SecretName = 'db-pass',
    [ValidateRange(25, 10000)] [int] $MaxConnections = 50,
    [string] $Service = 'marketing-swarm-backend',
    [string] $Image,
    [string] $Email,
    [double] $WatchMinutes = 15,
    [switch] $AllowInFlight,
    [string] $LogPath = './rollout.jsonl'
)

$ErrorActionPreference = 'Stop'
$ConfirmPreference = 'None'
$ProgressPreference = 'SilentlyContinue'
if (-not (Get-Command Start-SwarmCutover -ErrorAction Ignore)) { Import-Module MarketingSwarm }

$log = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($LogPath)
$null = Set-SwarmContext -Project $Project -Region $Region -Instance $Instance
$destination = "cloudsql://${Project}:${Region}:${Instance}/${Database}?user=${UserName}&passwordSecret=${SecretName}"
$certificate = [IO.Path]::Combine([IO.Path]::GetDirectoryName($log), 'certificate.json')
$exitCode = 0

# One line of JSON; secrets never reach it, as the module has none in its messages.
function Write-Step {
    param([string] $Step, [string] $State, [string] $Detail, [double] $Seconds)
    $entry = [System.Text.Json.Nodes.JsonObject]::new()
    $entry['time'] = [DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ss.fffZ')
    $entry['step'] = $Step
    $entry['state'] = $State
    $entry['seconds'] = [Math]::Round($Seconds, 1)
    $entry['detail'] = $Detail
    [IO.File]::AppendAllText($log, $entry.ToJsonString() + "`n")
    "$State $Step $Detail".TrimEnd() | Out-Default
}

$steps = [ordered]@{
    instance  = {
        New-SwarmCloudSqlInstance $Instance -Tier $Tier -DatabaseFlag @{ max_connections = $MaxConnections } -Database $Database -UserName $UserName -GeneratePassword -SecretName $SecretName -WarningAction Ignore
    }
    backups   = { Set-SwarmBackupPolicy $Instance -StartTime 02:00 -RetainedBackups 7 -PointInTimeRecovery -WarningAction Ignore }
    alerts    = { if ($Email) { New-SwarmNotificationChannel $Email | Set-SwarmAlertPolicy $Instance -Preset Cpu, Disk, Memory, Connections } }
    files     = { New-SwarmDeployment $Instance -Path $Application -Service $Service -ServiceAccount $ServiceAccount -Database $Database -UserName $UserName -SecretName $SecretName }
    access    = {
        Grant-SwarmSecretAccess $SecretName -Member "serviceAccount:$ServiceAccount"
        Grant-SwarmCloudSqlAccess "serviceAccount:$ServiceAccount"
    }
    schema    = { Initialize-SwarmDatabase $destination }
    staging   = {
        # A service that is there goes on as it is: the switch gives the new revision its requests. After it, nothing is deployed by this step.
        if (-not (Get-SwarmCutover $destination)) {
            $serves = (Get-SwarmDeployment $Service -ErrorAction Ignore).Traffic.Count -gt 0
            $staged = @{ Path = $Application; Create = -not $serves; NoTraffic = $serves }
            if ($Image) { $staged.Image = $Image }
            Publish-SwarmDeployment @staged
        }
    }
    backup    = { if (-not (Get-SwarmCutover $destination)) { Backup-SwarmDatabase $Source } }
    migrate   = { if (-not (Get-SwarmCutover $destination)) { Invoke-SwarmMigration $Source $destination } }
    sync      = { if (-not (Get-SwarmCutover $destination)) { Sync-SwarmConversation $Source $destination } }
    readiness = {
        foreach ($box in Test-SwarmReadiness $Source $destination -Service $Service -ServiceAccount $ServiceAccount -SecretName $SecretName -Path $Application -Day 1, 3) {
            if ($box.Passed -ne $true) { throw "$box To do: $($box.Command)" }
        }
    }
    cutover   = {
        if ((Get-SwarmCutover $destination).State -ne 'Closed') {
            Start-SwarmCutover $Source $destination -WatchMinutes $WatchMinutes -AllowInFlight:$AllowInFlight -Switch {
                $null = Publish-SwarmDeployment -Service $Service -TrafficPercent 100
            }
        }
    }
    report    = { New-SwarmMigrationReport $destination $certificate -HtmlPath ([IO.Path]::ChangeExtension($certificate, '.html')) -Force }
    proof     = {
        foreach ($check in Test-SwarmMigration -Certificate $certificate) {
            if ($check.Passed -eq $false) { throw "$check" }
        }
    }
}

foreach ($step in $steps.Keys) {
    $started = [DateTime]::UtcNow
    try {
        $detail = ''
        foreach ($result in & $steps[$step]) {
            $detail = "$result"
            if ($result.ExitCode -eq 1) { throw "$result" }
            if ($result.ExitCode -eq 2) { $exitCode = 2 }
        }

        Write-Step -Step $step -State done -Detail $detail -Seconds ([DateTime]::UtcNow - $started).TotalSeconds
    }
    catch {
        $reason = $_.Exception.Message
        if ($_.ErrorDetails.RecommendedAction) { $reason = "$reason $($_.ErrorDetails.RecommendedAction)" }
        Write-Step -Step $step -State failed -Detail $reason -Seconds ([DateTime]::UtcNow - $started).TotalSeconds
        $Host.UI.WriteErrorLine("The step '$step' failed: $reason")
        $Host.UI.WriteErrorLine('What is done stays done: mend it and run the same command again.')
        exit 1
    }
}

exit $exitCode
