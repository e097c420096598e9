@{
    RootModule           = 'MarketingSwarm.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '6b0f2f4e-3c7a-4a52-9d5e-0d5a9b1f7c21'
    Author               = 'The MarketingSwarm authors'
    CompanyName          = 'MarketingSwarm'
    Copyright            = '(c) 2026 The MarketingSwarm authors. MIT License.'
    Description          = 'Moves a live application''s conversations from SQLite to PostgreSQL and accounts for every cell.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')

    TypesToProcess       = @('MarketingSwarm.Types.ps1xml')
    FormatsToProcess     = @('MarketingSwarm.Format.ps1xml')

    CmdletsToExport      = @(
        'Backup-SwarmDatabase'
        'Compare-SwarmConversation'
        'Export-SwarmConversation'
        'Get-SwarmAlertPolicy'
        'Get-SwarmBackupPolicy'
        'Get-SwarmCloudSqlBackup'
        'Get-SwarmCloudSqlDatabase'
        'Get-SwarmCloudSqlInstance'
        'Get-SwarmCloudSqlOperation'
        'Get-SwarmCloudSqlProxy'
        'Get-SwarmCloudSqlUser'
        'Get-SwarmContext'
        'Get-SwarmConversation'
        'Get-SwarmCostEstimate'
        'Get-SwarmCutover'
        'Get-SwarmDatabase'
        'Get-SwarmDatabaseSchema'
        'Get-SwarmDeployment'
        'Get-SwarmEmulator'
        'Get-SwarmMigration'
        'Get-SwarmSecret'
        'Grant-SwarmCloudSqlAccess'
        'Grant-SwarmSecretAccess'
        'Import-SwarmConversation'
        'Initialize-SwarmDatabase'
        'Invoke-SwarmMigration'
        'Measure-SwarmConversation'
        'New-SwarmCloudSqlBackup'
        'New-SwarmCloudSqlDatabase'
        'New-SwarmCloudSqlInstance'
        'New-SwarmCloudSqlUser'
        'New-SwarmDeployment'
        'New-SwarmMigrationReport'
        'New-SwarmNotificationChannel'
        'New-SwarmSampleDatabase'
        'Publish-SwarmDeployment'
        'Remove-SwarmCloudSqlInstance'
        'Restore-SwarmDatabase'
        'Set-SwarmAlertPolicy'
        'Set-SwarmBackupPolicy'
        'Set-SwarmCloudSqlInstance'
        'Set-SwarmContext'
        'Set-SwarmSecret'
        'Start-SwarmCloudSqlProxy'
        'Start-SwarmCutover'
        'Start-SwarmEmulator'
        'Stop-SwarmCloudSqlProxy'
        'Stop-SwarmCutover'
        'Stop-SwarmEmulator'
        'Sync-SwarmConversation'
        'Test-SwarmDatabase'
        'Test-SwarmMigration'
        'Test-SwarmReadiness'
        'Update-SwarmDatabaseSchema'
        'Wait-SwarmCloudSqlOperation'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()

    PrivateData          = @{
        PSData = @{
            Tags         = @('SQLite', 'PostgreSQL', 'CloudSQL', 'GoogleCloud', 'Migration', 'Database', 'PSEdition_Core', 'Linux', 'Windows', 'MacOS')
            ProjectUri   = 'https://github.com/MarketingSwarm/MarketingSwarm'
            LicenseUri   = 'https://licenses.nuget.org/MIT'
            # A package has the changelog's text of its version here.
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
