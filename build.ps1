#!/usr/bin/env pwsh
#Requires -Version 7.4
<#
.SYNOPSIS
    Builds, tests or packs the module. A thin cover over dotnet.
.PARAMETER Task
    Build lays the module out under artifacts/module; Test builds and runs every test; Package builds anew and packs the module as
    artifacts/MarketingSwarm.<version>.zip, to be unpacked into a folder of $env:PSModulePath.
.PARAMETER Configuration
    Debug or Release. Both are optimized.
.EXAMPLE
    ./build.ps1 -Task Package
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Package')]
    [string] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

$solution = Join-Path $PSScriptRoot 'MarketingSwarm.PS.sln'
$artifacts = Join-Path $PSScriptRoot 'artifacts'
$module = Join-Path $artifacts 'module' 'MarketingSwarm'

switch ($Task) {
    'Build' {
        dotnet build $solution --configuration $Configuration --nologo
    }
    'Test' {
        dotnet test $solution --configuration $Configuration --nologo
    }
    'Package' {
        # What an earlier build laid out must not reach the package.
        if (Test-Path $module) { Remove-Item $module -Recurse -Force }
        dotnet build (Join-Path $PSScriptRoot 'src' 'MarketingSwarm') --configuration $Configuration --nologo

        $version = (Import-PowerShellDataFile (Join-Path $module 'MarketingSwarm.psd1')).ModuleVersion
        $staging = Join-Path $artifacts 'package'
        $versioned = Join-Path $staging 'MarketingSwarm' $version
        if (Test-Path $staging) { Remove-Item $staging -Recurse -Force }
        $null = New-Item $versioned -ItemType Directory
        Copy-Item (Join-Path $module '*') $versioned -Recurse

        $package = Join-Path $artifacts "MarketingSwarm.$version.zip"
        if (Test-Path $package) { Remove-Item $package }
        [System.IO.Compression.ZipFile]::CreateFromDirectory($staging, $package)
        Remove-Item $staging -Recurse -Force
        Get-Item $package
    }
}
