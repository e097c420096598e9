<#
.SYNOPSIS
    Moves the conversations of a SQLite file to PostgreSQL while the application goes on, and compares both sides cell by cell.

.DESCRIPTION
    Backs the file up, looks through it, makes the table if it is missing, moves the rows, and measures the result. The file is only read. Run again after an
    interruption, it goes on where it was. Ends with 0 where every row is there as it was, with 2 where something needs attention, with 1 after an error.

.PARAMETER Source
    The SQLite file.

.PARAMETER Destination
    cloudsql://project:region:instance/database?user=NAME&passwordSecret=SECRET, or postgresql://user@host/database.

.PARAMETER Force
    Asks nothing.

.EXAMPLE
    ./examples/migrate.ps1 ./app.db 'cloudsql://my-project:us-central1:marketing-swarm-db/marketing_swarm?user=app_user&passwordSecret=db-pass'
#>
param(
    [Parameter(Mandatory, Position = 0)] [string] $Source,
    [Parameter(Mandatory, Position = 1)] [string] $Destination,
    [switch] $Force
)

$ErrorActionPreference = 'Stop'
if ($Force) { $ConfirmPreference = 'None' }
if (-not (Get-Command Invoke-SwarmMigration -ErrorAction Ignore)) { Import-Module MarketingSwarm }

Backup-SwarmDatabase $Source | Out-Default
Measure-SwarmConversation $Source | Out-Default
Initialize-SwarmDatabase $Destination | Out-Default
$summary = Invoke-SwarmMigration $Source $Destination
$summary | Out-Default
# What the application wrote since the load comes over too.
$sync = Sync-SwarmConversation $Source $Destination
$sync | Out-Default
if ($summary.ExitCode -gt $sync.ExitCode) { exit $summary.ExitCode }
exit $sync.ExitCode
