<#
.SYNOPSIS
    Makes what the application needs in Google Cloud: the instance with its database, user and secret, backups, an alert, and the access of its account.

.DESCRIPTION
    Shows first what it costs a month. Run again, it finishes what is missing and changes nothing else. Asks before what restarts the instance. Runs in pwsh and in MarketingSwarm.Shell alike; Start-SwarmEmulator before it makes it a rehearsal.

.PARAMETER ServiceAccount
    The e-mail address of the account that the service runs as.

.PARAMETER Email
    Who is told when the instance is short of something. Without it no alert is made.

.PARAMETER Force
    Asks nothing.

.EXAMPLE
    ./examples/provision.ps1 -Project my-project -ServiceAccount app@my-project.iam.gserviceaccount.com -Email ops@example.com
#>
param(
    [Parameter(Mandatory)] [string] $Project,
    [Parameter(Mandatory)] [string] $ServiceAccount,
    [string] $Region = 'us-central1',
    [string] $Instance = 'marketing-swarm-db',
    [string] $Tier = 'db-g1-small',
    [string] $Database = 'marketing_swarm',
    [string] $UserName = 'app_user',
    [string] $SecretName = 'db-pass',
    [ValidateRange(25, 10000)] [int] $MaxConnections = 50,
    [string] $Email,
    [switch] $Force
)

$ErrorActionPreference = 'Stop'
if ($Force) { $ConfirmPreference = 'None' }
if (-not (Get-Command New-SwarmCloudSqlInstance -ErrorAction Ignore)) { Import-Module MarketingSwarm }

Get-SwarmCostEstimate $Tier -Region $Region | Out-Default

$made = @{
    Name             = $Instance
    Tier             = $Tier
    Region           = $Region
    Project          = $Project
    DatabaseFlag     = @{ max_connections = $MaxConnections }
    Database         = $Database
    UserName         = $UserName
    GeneratePassword = $true
    SecretName       = $SecretName
}
New-SwarmCloudSqlInstance @made | Out-Default
Set-SwarmBackupPolicy $Instance -Project $Project -StartTime 02:00 -RetainedBackups 7 -PointInTimeRecovery | Out-Default
Grant-SwarmSecretAccess $SecretName -Member "serviceAccount:$ServiceAccount" -Project $Project | Out-Default
Grant-SwarmCloudSqlAccess "serviceAccount:$ServiceAccount" -Project $Project | Out-Default
if ($Email) {
    New-SwarmNotificationChannel $Email -Project $Project | Set-SwarmAlertPolicy $Instance -Project $Project -Preset Cpu, Disk, Memory, Connections | Out-Default
}

"cloudsql://${Project}:${Region}:${Instance}/${Database}?user=${UserName}&passwordSecret=${SecretName}"
