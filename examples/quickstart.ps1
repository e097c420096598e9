<#
.SYNOPSIS
    Moves conversations from a SQLite file into a database, and compares every row on both sides.

.DESCRIPTION
    Makes a sample SQLite database (or takes yours with -Source), starts a throw-away PostgreSQL where its programs are found
    (or takes your database with -Destination), makes the table, moves the rows, reads both sides back and compares every row.
    Without PostgreSQL it moves into another SQLite file, and says so. What it started it stops, also when it fails.

    Runs in pwsh and in MarketingSwarm.Shell alike.

.PARAMETER Source
    A SQLite file of yours. It is only read.

.PARAMETER Destination
    A database of yours: a URL such as postgresql://user@host/database, or the path of a SQLite file. The table is made if it is
    missing; a row whose id is there already ends the move with nothing written.

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

# The folder with PostgreSQL's programs, or nothing.
function Find-PostgresProgram {
    $name = if ($IsWindows) { 'initdb.exe' } else { 'initdb' }
    $folders = @($env:PATH -split [IO.Path]::PathSeparator)
    foreach ($root in '/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt', 'C:\Program Files\PostgreSQL') {
        if ([IO.Directory]::Exists($root)) {
            $folders += [IO.Directory]::GetDirectories($root) | ForEach-Object { [IO.Path]::Combine($_, 'bin') }
        }
    }
    foreach ($folder in $folders) {
        if ($folder -and [IO.File]::Exists([IO.Path]::Combine($folder, $name))) { return $folder }
    }
}

# Runs a program, and ends with what it said if it failed.
function Invoke-Program {
    param([string] $Program, [string[]] $Arguments)
    # PostgreSQL refuses to run as root.
    if ($account) {
        $Arguments = @('-u', $account, '--', $Program) + $Arguments
        $Program = 'runuser'
    }
    $said = & $Program @Arguments 2>&1
    if ($LASTEXITCODE -ne 0) { throw "'$Program $Arguments' failed with exit code ${LASTEXITCODE}: $said" }
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

$account = if (-not $IsWindows -and [Environment]::UserName -eq 'root') { 'postgres' }
$work = [IO.Directory]::CreateTempSubdirectory('swarm-quickstart-').FullName
$cluster = $null
try {
    $sourceKind = 'yours'
    if (-not $Source) {
        $Source = [IO.Path]::Combine($work, 'app.db')
        $sample = New-SwarmSampleDatabase $Source -Count $Count
        $sourceKind = "a sample of $($sample.Rows) conversations"
    }

    $destinationKind = 'yours'
    if (-not $Destination) {
        $programs = Find-PostgresProgram
        if ($programs) {
            $destinationKind = 'a throw-away PostgreSQL'
            $cluster = [IO.Directory]::CreateTempSubdirectory('swarm-pg-').FullName
            $data = [IO.Path]::Combine($cluster, 'data')
            $pgCtl = [IO.Path]::Combine($programs, 'pg_ctl')
            $password = [Convert]::ToHexString([Security.Cryptography.RandomNumberGenerator]::GetBytes(16))
            $passwordFile = [IO.Path]::Combine($cluster, 'password')
            [IO.File]::WriteAllText($passwordFile, $password)
            if ($account) { & chown -R $account $cluster }

            # A port that is free now.
            $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
            $listener.Start()
            $port = $listener.LocalEndpoint.Port
            $listener.Stop()

            Invoke-Program ([IO.Path]::Combine($programs, 'initdb')) '-D', $data, '-U', 'swarm', '-A', 'scram-sha-256', '--pwfile', $passwordFile, '-E', 'UTF8', '--no-locale'
            $options = "-p $port -c listen_addresses=127.0.0.1"
            if (-not $IsWindows) { $options += " -c unix_socket_directories=$cluster" }
            Invoke-Program $pgCtl '-D', $data, '-l', ([IO.Path]::Combine($cluster, 'log')), '-o', $options, '-w', 'start'
            $Destination = "postgresql://swarm:$password@127.0.0.1:$port/postgres"
        }
        else {
            $destinationKind = 'a SQLite file, because no PostgreSQL was found here'
            $Destination = [IO.Path]::Combine($work, 'destination.db')
        }
    }

    # A source that cannot be read ends it here, before the destination is touched.
    $null = Get-SwarmDatabaseSchema $Source
    $table = Initialize-SwarmDatabase $Destination | Where-Object Kind -EQ 'Table'
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
    $happened = [ordered]@{
        Source      = "$Source ($sourceKind)"
        Destination = "$($moved.Destination) ($destinationKind)"
        Table       = "$($table.Name): $("$($table.Action)".ToLowerInvariant())"
        Moved       = "$moved"
        Rate        = $rate
        Compared    = "$compared rows, $($different.Count) different"
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
    if ($cluster) {
        # It may have failed before it started; then there is nothing to stop.
        if ([IO.File]::Exists([IO.Path]::Combine($cluster, 'data', 'postmaster.pid'))) {
            Invoke-Program $pgCtl '-D', $data, '-m', 'immediate', '-w', 'stop'
        }
        [IO.Directory]::Delete($cluster, $true)
    }
    [IO.Directory]::Delete($work, $true)
}
