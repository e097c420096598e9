<#
.SYNOPSIS
    Rehearses the whole way of an application's conversations from a SQLite file to Cloud SQL, and compares every row on both sides.

.DESCRIPTION
    Makes a sample SQLite database (or takes yours with -Source), starts the emulator of Cloud SQL, makes an instance with its
    database, user and secret (or takes your database with -Destination), makes the table, tests the way to it, moves the rows, reads
    both sides back, compares every row, and sets backups and an alert. Where the emulator finds no PostgreSQL or no ASP.NET Core, it moves into
    another SQLite file, and says so. What it started it stops, and deletes, also when it fails. Nothing leaves the machine.

    Runs in pwsh and in MarketingSwarm.Shell alike.

.PARAMETER Source
    A SQLite file of yours. It is only read.

.PARAMETER Destination
    A database of yours: cloudsql://project:region:instance/database, postgresql://user@host/database, or the path of a SQLite
    file. The table is made if it is missing; a row whose id is there already ends the move with nothing written.

.PARAMETER Count
    How many conversations the sample has.

.EXAMPLE
    ./examples/quickstart.ps1

.EXAMPLE
    ./examples/quickstart.ps1 -Source app.db -Destination postgresql://app_user@localhost/marketing_swarm
#>
param(
    [string] $Source,
    [string] $Destination,
    [ValidateRange(1, 10000000)] [int] $Count = 200
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command New-SwarmSampleDatabase -ErrorAction Ignore)) {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, '..', 'artifacts', 'module', 'MarketingSwarm', 'MarketingSwarm.psd1'))
}

# Reads rows of the destination by their ids and says which of these are missing or different there.
function Compare-Row {
    param([object[]] $Rows)
    $found = @{}
    Get-SwarmConversation $Destination -Id @($Rows | ForEach-Object Id) -ErrorAction Ignore | ForEach-Object { $found[$_.Id] = $_ }
    foreach ($row in $Rows) {
        $other = $found[$row.Id]
        if (-not $other) { "$($row.Id): missing" }
        elseif ($columns = $row.GetDifference($other)) { "$($row.Id): $columns" }
    }
}

$work = [IO.Directory]::CreateTempSubdirectory('swarm-quickstart-').FullName
$state = [IO.Path]::Combine([IO.Path]::GetTempPath(), "swarm-emulator-$([Guid]::NewGuid().ToString('N'))")
$emulator = $null
$happened = [ordered]@{}
try {
    $sourceKind = 'yours'
    if (-not $Source) {
        $Source = [IO.Path]::Combine($work, 'app.db')
        $sample = New-SwarmSampleDatabase $Source -Count $Count
        $sourceKind = "a sample of $($sample.Rows) conversations"
    }

    $destinationKind = 'yours'
    if (-not $Destination) {
        try { $emulator = Start-SwarmEmulator $state }
        catch {
            if ($_.FullyQualifiedErrorId -notmatch '^Emulator(Postgres|Runtime)Missing') { throw }
            $destinationKind = "a SQLite file, because no emulator can run here: $($_.Exception.Message)"
            $Destination = [IO.Path]::Combine($work, 'destination.db')
        }
    }

    # A source that cannot be read ends it here, before the destination is touched.
    $null = Get-SwarmDatabaseSchema $Source

    if ($emulator) {
        $happened.Emulator = "$($emulator.Endpoint), project $($emulator.Project)"
        $name = 'marketing-swarm-db'
        $instance = New-SwarmCloudSqlInstance $name -Tier db-f1-micro -Region us-central1 -Network default -NoBackup -Database marketing_swarm -GeneratePassword -SecretName db-pass
        $server = (Get-SwarmEmulator | Where-Object StatePath -EQ $emulator.StatePath).Instances | Where-Object Name -EQ $name
        $happened.Instance = "$($instance.ConnectionName), PostgreSQL $($server.ServerVersion) at $($server.IPAddress):$($server.Port)"
        $happened.Secret = "$($instance.SecretName), version $($instance.SecretVersion): the password of $($instance.UserName)"
        $destinationKind = 'a real PostgreSQL behind the emulator'
        # By its name alone: the connector finds the address, brings the certificates and reads the password.
        $Destination = "cloudsql://$($instance.ConnectionName)/$($instance.Database)?user=$($instance.UserName)&passwordSecret=$($instance.SecretName)"
    }

    $table = Initialize-SwarmDatabase $Destination | Where-Object Kind -EQ 'Table'
    $checks = @(Test-SwarmDatabase $Destination -SampleCount 5)
    $moved = Export-SwarmConversation $Source | Import-SwarmConversation $Destination

    # Both sides are read again, and every row is compared cell by cell, a few hundred at a time.
    $compared = 0
    $different = @()
    $batch = [Collections.Generic.List[object]]::new()
    Export-SwarmConversation $Source | ForEach-Object {
        $batch.Add($_)
        if ($batch.Count -eq 500) {
            $different += Compare-Row $batch
            $compared += $batch.Count
            $batch.Clear()
        }
    }
    if ($batch.Count -gt 0) {
        $different += Compare-Row $batch
        $compared += $batch.Count
    }

    $rate = [string]::Format([Globalization.CultureInfo]::InvariantCulture, '{0:N0} rows/s, {1:N1} MB/s', $moved.RowsPerSecond, $moved.MegabytesPerSecond)
    $happened.Source = "$Source ($sourceKind)"
    $happened.Destination = "$($moved.Destination) ($destinationKind)"
    $happened.Table = "$($table.Name): $("$($table.Action)".ToLowerInvariant())"
    $happened.Checked = "$(@($checks | Where-Object Passed).Count) of $($checks.Count) checks passed"
    $happened.Moved = "$moved"
    $happened.Rate = $rate
    $happened.Compared = "$compared rows, $($different.Count) different"

    if ($emulator) {
        $policy = Set-SwarmBackupPolicy $name -StartTime 02:00 -PointInTimeRecovery -RetainedBackups 7 -Force -WarningAction Ignore
        $backup = New-SwarmCloudSqlBackup $name
        $happened.Backups = "$((@($policy | ForEach-Object { "$($_.Setting) $($_.After)" })) -join ', '); one made now: $("$($backup.Status)".ToLowerInvariant())"
        $alert = Set-SwarmAlertPolicy $name -WarningAction Ignore
        $happened.Alert = "$alert, above $([string]::Format([Globalization.CultureInfo]::InvariantCulture, '{0:P0}', $alert.Threshold)) for $($alert.Duration)"
    }

    # As text, since a table of objects that is cut off by exit would not be shown.
    foreach ($step in $happened.GetEnumerator()) { '{0,-12} {1}' -f $step.Key, $step.Value }

    if ($different -or $compared -ne $moved.Read) {
        $different | ForEach-Object { "DIFFERENT $_" }
        exit 1
    }
    exit $moved.ExitCode
}
finally {
    if ($emulator) { Stop-SwarmEmulator $emulator.StatePath -RemoveState -Force }
    elseif ([IO.Directory]::Exists($state)) { [IO.Directory]::Delete($state, $true) }
    [IO.Directory]::Delete($work, $true)
}
