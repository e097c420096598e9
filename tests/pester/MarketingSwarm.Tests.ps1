#Requires -Version 7.6
#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.5.0' }
<#
    What a user checks with Pester 5: `./build.ps1`, then `Invoke-Pester tests/pester`.
    SWARM_TEST_POSTGRES may name a scratch PostgreSQL database by its URL: one without a table `conversations`, which these tests make
    and fill. Without it the destination is a SQLite file. SWARM_TEST_MODULE may name another module manifest than the one built here.
#>

BeforeDiscovery {
    $manifest = $env:SWARM_TEST_MODULE ? $env:SWARM_TEST_MODULE : (Join-Path -Path $PSScriptRoot -ChildPath '../../artifacts/module/MarketingSwarm/MarketingSwarm.psd1')
    $cmdlets = (Import-PowerShellDataFile $manifest).CmdletsToExport
}

BeforeAll {
    $manifest = $env:SWARM_TEST_MODULE ? $env:SWARM_TEST_MODULE : (Join-Path -Path $PSScriptRoot -ChildPath '../../artifacts/module/MarketingSwarm/MarketingSwarm.psd1')
    Import-Module $manifest -Force -ErrorAction Stop

    $source = Join-Path $TestDrive 'app.db'
    $sample = New-SwarmSampleDatabase -Path $source -Count 25 -Seed 7
    $destination = $env:SWARM_TEST_POSTGRES ? $env:SWARM_TEST_POSTGRES : (Join-Path $TestDrive 'destination.db')
    $columns = 'Id', 'UserId', 'UserQuery', 'Status', 'CreatedAt', 'CompletedAt', 'AgentResponses', 'ConversationMetadata', 'TotalCost', 'ErrorMessage'
}

AfterAll {
    Remove-Module MarketingSwarm -ErrorAction Ignore
}

Describe 'The module' {
    It 'passes Test-ModuleManifest' {
        (Test-ModuleManifest $manifest).Name | Should -BeExactly 'MarketingSwarm'
    }

    It 'exports <_>' -ForEach $cmdlets {
        (Get-Command -Name $_ -Module MarketingSwarm).CommandType | Should -Be 'Cmdlet'
    }

    It 'has help with an example for <_>' -ForEach $cmdlets {
        $help = Get-Help $_ -Full
        $help.Synopsis.Trim() | Should -Not -BeLike "$_*" -Because 'that is what Get-Help makes up where there is no help'
        $help.Description | Out-String | Should -Not -BeNullOrEmpty
        @($help.Examples.Example).Count | Should -BeGreaterThan 0
    }
}

Describe 'A migration' {
    BeforeAll {
        $null = Initialize-SwarmDatabase -Database $destination
    }

    It 'writes nothing with -WhatIf' {
        $null = Export-SwarmConversation $source | Import-SwarmConversation $destination -WhatIf
        @(Get-SwarmConversation $destination).Count | Should -Be 0
    }

    It 'loads every row that it reads' {
        $summary = Export-SwarmConversation $source | Import-SwarmConversation $destination
        $summary.Read | Should -Be $sample.Rows
        $summary.Loaded + $summary.Skipped + $summary.Quarantined | Should -Be $summary.Read
        $summary.Loaded | Should -Be 25
        $summary.ExitCode | Should -Be 0
    }

    It 'keeps every value' {
        $there = @{}
        Get-SwarmConversation $destination | ForEach-Object { $there[$_.Id] = $_ }
        $there.Count | Should -Be 25
        foreach ($here in Get-SwarmConversation $source) {
            foreach ($column in $columns) {
                $there[$here.Id].$column | Should -BeExactly $here.$column -Because "$column of $($here.Id) was copied"
            }
        }
    }

    It 'refuses rows that are there, names the first, and changes nothing' {
        { Export-SwarmConversation $source | Import-SwarmConversation $destination -ErrorAction Stop } |
            Should -Throw -ExceptionType ([MarketingSwarm.SwarmDataException])
        @(Get-SwarmConversation $destination).Count | Should -Be 25
    }

    It 'skips rows that are there when asked to' {
        $summary = Export-SwarmConversation $source | Import-SwarmConversation $destination -OnConflict Skip
        $summary.Skipped | Should -Be 25
        $summary.Loaded | Should -Be 0
    }

    It 'works with the pipeline' {
        $completed = @(Get-SwarmConversation $destination | Where-Object Status -EQ 'completed')
        $completed.Count | Should -BeGreaterThan 0
        @(Get-SwarmConversation $destination -Status completed).Count | Should -Be $completed.Count
        @(Get-SwarmConversation $destination | Select-Object -First 3).Count | Should -Be 3
    }
}

Describe 'An archive' {
    It 'holds every row, as <Format>' -ForEach @(
        @{ Format = 'Json'; Name = 'export.json' }
        @{ Format = 'Ndjson'; Name = 'export.ndjson.gz' }
    ) {
        $archive = Join-Path $TestDrive $Name
        $export = Export-SwarmConversation $source -Path $archive -Format $Format
        $export.Rows | Should -Be 25
        (Get-FileHash $archive -Algorithm SHA256).Hash | Should -Be $export.Sha256

        $restored = Join-Path $TestDrive "$Format.db"
        $null = Initialize-SwarmDatabase -Database $restored
        (Import-SwarmConversation $restored -Path $archive).Loaded | Should -Be 25

        $there = @{}
        Get-SwarmConversation $restored | ForEach-Object { $there[$_.Id] = $_ }
        foreach ($here in Get-SwarmConversation $source) {
            $there[$here.Id].GetDifference($here) | Should -BeNullOrEmpty -Because "$($here.Id) was copied cell by cell"
        }
    }

    It 'is what ConvertFrom-Json reads' {
        $archive = Join-Path $TestDrive 'read.json'
        $null = Export-SwarmConversation $source -Path $archive
        $read = Get-Content $archive -Raw | ConvertFrom-Json
        $read.total_count | Should -Be 25
        $read.conversations.Count | Should -Be 25
        $read.conversations[0].id | Should -BeIn (Get-SwarmConversation $source).Id
    }
}

Describe 'An error' {
    It 'names the file that is not there and can be caught by its type' {
        $missing = Join-Path $TestDrive 'missing.db'
        { Get-SwarmConversation $missing -ErrorAction Stop } | Should -Throw -ExceptionType ([MarketingSwarm.SwarmDatabaseException]) -ExpectedMessage "*$missing*"
    }

    It 'shows no password' {
        { Get-SwarmConversation 'postgresql://user:hidden-word@127.0.0.1:1/nothing?sslmode=disable' -ErrorAction Stop } | Should -Throw
        $Error[0] | Format-List * -Force | Out-String | Should -Not -Match 'hidden-word'
    }
}
