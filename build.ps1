#!/usr/bin/env pwsh
#Requires -Version 7.4
<#
.SYNOPSIS
    Builds, tests or packs the module. A thin cover over dotnet.
.PARAMETER Task
    Build lays the module out under artifacts/module. Test builds, packs and runs every test against the packed module. Package builds anew
    and writes artifacts/package: the folder MarketingSwarm/<version> for $env:PSModulePath, MarketingSwarm.<version>.nupkg for the PowerShell
    Gallery, MarketingSwarm.<version>.symbols.zip, and SHA256SUMS. Notices writes THIRD-PARTY-NOTICES.txt anew, which a changed dependency asks for.
.PARAMETER Configuration
    Debug or Release. Both are optimized.
.PARAMETER AllowDirty
    With Package: packs a work tree with changes that no commit has, which is refused otherwise. The version is then labelled -dirty. Do not publish it.
.EXAMPLE
    ./build.ps1 -Task Package
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Package', 'Notices')]
    [string] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    [switch] $AllowDirty
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

$solution = Join-Path -Path $PSScriptRoot -ChildPath 'MarketingSwarm.PS.sln'
$project = Join-Path -Path $PSScriptRoot -ChildPath 'src/MarketingSwarm'
$module = Join-Path -Path $PSScriptRoot -ChildPath 'artifacts/module/MarketingSwarm'
$packer = @('run', '--project', (Join-Path -Path $PSScriptRoot -ChildPath 'tools/MarketingSwarm.Packer'), '--configuration', $Configuration, '--')
$repository = @('--repository', $PSScriptRoot)

# Says itself what is wrong, in one line; nothing more is added to it.
function Invoke-Packer {
    $PSNativeCommandUseErrorActionPreference = $false
    dotnet @packer @args
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

function Clear-Module {
    # What an earlier build laid out must not reach a package.
    if (Test-Path -Path $module) { Remove-Item -Path $module -Recurse -Force }
}

switch ($Task) {
    'Build' {
        dotnet build $solution --configuration $Configuration --nologo
    }
    'Test' {
        Clear-Module
        dotnet build $solution --configuration $Configuration --nologo
        $packages = Join-Path -Path $PSScriptRoot -ChildPath 'artifacts/test-package'
        $folder = @(Invoke-Packer pack @repository --output $packages --allow-dirty)[0]
        $env:SWARM_TEST_MODULE = Join-Path -Path $folder -ChildPath 'MarketingSwarm.psd1'
        try {
            dotnet test $solution --configuration $Configuration --no-build --nologo
        }
        finally {
            $env:SWARM_TEST_MODULE = $null
        }
    }
    'Package' {
        if ($AllowDirty) { $repository += '--allow-dirty' }
        Invoke-Packer check @repository
        Clear-Module
        dotnet build $project --configuration $Configuration --nologo
        Invoke-Packer pack @repository
    }
    'Notices' {
        Clear-Module
        dotnet build $project --configuration $Configuration --nologo
        Invoke-Packer notices @repository
    }
}
