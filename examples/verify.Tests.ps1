#Requires -Version 7.6
#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.5.0' }
<#
.SYNOPSIS
    The criteria of a migration's success as Pester tests, to be kept and run against one's own databases.

.DESCRIPTION
    Each criterion of Test-SwarmMigration is a test: it passes, fails with what was found and what to do, or is skipped where the
    criterion cannot be measured, which it says. Nothing is written to either database.

.PARAMETER Source
    The database that was migrated. Without it, $env:SWARM_VERIFY_SOURCE.

.PARAMETER Destination
    The database that it was migrated to. Without it, $env:SWARM_VERIFY_DESTINATION.

.PARAMETER Service
    The application's Cloud Run service. Without it, $env:SWARM_VERIFY_SERVICE; without both, deployment and error rate are skipped.

.EXAMPLE
    $env:SWARM_VERIFY_SOURCE = './app.db'
    $env:SWARM_VERIFY_DESTINATION = 'cloudsql://my-project:us-central1:marketing-swarm-db/marketing_swarm?user=app_user&passwordSecret=db-pass'
    Invoke-Pester ./verify.Tests.ps1

.EXAMPLE
    $data = @{ Source = './app.db'; Destination = 'postgresql://app_user@localhost/marketing_swarm'; Service = 'marketing-swarm' }
    Invoke-Pester -Container (New-PesterContainer -Path ./verify.Tests.ps1 -Data $data)
#>
param(
    [string] $Source = $env:SWARM_VERIFY_SOURCE,
    [string] $Destination = $env:SWARM_VERIFY_DESTINATION,
    [string] $Service = $env:SWARM_VERIFY_SERVICE
)

BeforeAll {
    if (-not (Get-Command Test-SwarmMigration -ErrorAction Ignore)) { Import-Module MarketingSwarm -ErrorAction Stop }
    if (-not $Source -or -not $Destination) {
        throw 'Name both databases: -Source and -Destination, or SWARM_VERIFY_SOURCE and SWARM_VERIFY_DESTINATION.'
    }
    $arguments = @{ Source = $Source; Destination = $Destination }
    if ($Service) { $arguments.Service = $Service }
    $found = @{}
    Test-SwarmMigration @arguments | ForEach-Object { $found[$_.Name] = $_ }
}

Describe 'The migration' {
    It 'meets the criterion <_>' -ForEach 'Rows', 'SourceLatency', 'DestinationLatency', 'Backups', 'Deployment', 'ErrorRate' {
        $check = $found[$_]
        $check | Should -Not -BeNullOrEmpty
        if ($null -eq $check.Passed) { Set-ItResult -Skipped -Because $check.Actual }
        $check.Passed | Should -BeTrue -Because "$($check.Expected) is wanted. $($check.RecommendedAction) Found: $($check.Actual)"
    }
}
