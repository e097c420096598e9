<#
.SYNOPSIS
    Takes the application over to the new database: a revision without requests first, then the fence, then all requests.

.DESCRIPTION
    The service.yaml that New-SwarmDeployment wrote is deployed without requests. Start-SwarmCutover brings the last rows over behind a fence, proves that both sides
    are the same, sends all requests to the new revision, and watches the old file. Ends with 0 where the cutover is closed, proven and without conflicts.

.PARAMETER Application
    The application's folder, with its service.yaml.

.PARAMETER WatchMinutes
    How long the old file is watched after the switch: longer than the old instances of the service may drain.

.PARAMETER Force
    Asks nothing.

.EXAMPLE
    ./examples/cutover.ps1 ./app.db $database -Application . -Service marketing-swarm-backend
#>
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', '', Justification = 'Used in the script block of the switch, into which the rule does not look.')]
param(
    [Parameter(Mandatory, Position = 0)] [string] $Source,
    [Parameter(Mandatory, Position = 1)] [string] $Destination,
    [Parameter(Mandatory)] [string] $Application,
    [Parameter(Mandatory)] [string] $Service,
    [string] $Image,
    [double] $WatchMinutes = 15,
    [switch] $AllowInFlight,
    [switch] $Force
)

$ErrorActionPreference = 'Stop'
if ($Force) { $ConfirmPreference = 'None' }
if (-not (Get-Command Start-SwarmCutover -ErrorAction Ignore)) { Import-Module MarketingSwarm }

$staged = @{ Path = $Application; NoTraffic = $true }
if ($Image) { $staged.Image = $Image }
Publish-SwarmDeployment @staged | Out-Default
$cutover = Start-SwarmCutover $Source $Destination -WatchMinutes $WatchMinutes -AllowInFlight:$AllowInFlight -Switch {
    $null = Publish-SwarmDeployment -Service $Service -TrafficPercent 100
}
$cutover | Out-Default
exit $cutover.ExitCode
