<#
.SYNOPSIS
    Backs a database up, restores the backup to a SQLite file or an empty database beside it, and compares both: a backup that was never restored is none.

.DESCRIPTION
    For a nightly job. The backup is kept for a week; the restored copy is deleted. What is written to the database between the backup and the comparison shows as
    rows that the copy has not, and is no fault: only rows that are missing in the database, or differ, are. Ends with 0 where the backup is good, with 1 where it is
    not.

.PARAMETER Database
    The database that is backed up.

.PARAMETER Scratch
    Where it is restored: an empty PostgreSQL database for a PostgreSQL backup. For a SQLite file it is made in a temporary folder.

.EXAMPLE
    ./examples/nightly-backup-check.ps1 ./app.db -Folder /srv/backups
#>
param(
    [Parameter(Mandatory, Position = 0)] [string] $Database,
    [Parameter(Mandatory)] [string] $Folder,
    [string] $Scratch,
    [int] $RetentionDays = 7
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command Backup-SwarmDatabase -ErrorAction Ignore)) { Import-Module MarketingSwarm }

$work = [IO.Directory]::CreateTempSubdirectory('swarm-nightly-').FullName
try {
    if (-not $Scratch) { $Scratch = [IO.Path]::Combine($work, 'restored.db') }
    $backup = Backup-SwarmDatabase $Database -Folder $Folder -RetentionDays $RetentionDays
    $restored = Restore-SwarmDatabase -Backup $backup.Path -Database $Scratch -Confirm:$false
    # Rows that came after the backup are in the database alone, and no fault; the last object is the summary.
    $differences = @(Compare-SwarmConversation $Scratch $Database)
    $summary = $differences[-1]
    "$($backup.Path): $($restored.Rows) rows restored, $($summary.Missing + $summary.Changed) missing or different"
    if ($summary.Missing + $summary.Changed -gt 0) {
        $differences | Where-Object { $_.Kind -and "$($_.Kind)" -ne 'Extra' }
        exit 1
    }
}
finally {
    [IO.Directory]::Delete($work, $true)
}
exit 0
