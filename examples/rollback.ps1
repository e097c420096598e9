<#
.SYNOPSIS
    Goes back to the old file after a cutover: what the application wrote to the new database since is written to the file, and the requests go to the revision before.

.DESCRIPTION
    Possible until the cutover is closed, that is while the old file is watched: end Start-SwarmCutover with Ctrl+C first. Backs the file up before it writes to it.
    Ends with 0 where all is carried back.

.PARAMETER Force
    Asks nothing.

.EXAMPLE
    ./examples/rollback.ps1 ./app.db $database -Service marketing-swarm-backend
#>
param(
    [Parameter(Mandatory, Position = 0)] [string] $Source,
    [Parameter(Mandatory, Position = 1)] [string] $Destination,
    [Parameter(Mandatory)] [string] $Service,
    [switch] $Force
)

$ErrorActionPreference = 'Stop'
if ($Force) { $ConfirmPreference = 'None' }
if (-not (Get-Command Stop-SwarmCutover -ErrorAction Ignore)) { Import-Module MarketingSwarm }

$cutover = Stop-SwarmCutover $Source $Destination -Switch { $null = Publish-SwarmDeployment -Service $Service -Rollback }
$cutover | Out-Default
Get-SwarmDeployment $Service | Out-Default
exit $cutover.ExitCode
