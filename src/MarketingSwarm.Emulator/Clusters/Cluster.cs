using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Npgsql;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>One cluster: its files, its server, its life. Its callers take turns (<see cref="ClusterHost"/>).</summary>
internal sealed partial class Cluster
{
    private const int StartAttempts = 4;
    private const int DeletionAttempts = 300;

    private static readonly TimeSpan DeletionPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AdoptionLimit = TimeSpan.FromMinutes(1);

    private readonly DatabaseAccount _account;
    private readonly Predicate<ClusterAddress> _isTaken;
    private PostgresInstallation? _programs;
    private ClusterRecord _record;
    private string? _remark;

    private Cluster(ClusterFiles files, DatabaseAccount account, PostgresInstallation? programs, ClusterRecord record, Predicate<ClusterAddress> isTaken)
    {
        Files = files;
        _account = account;
        _programs = programs;
        _record = record;
        _isTaken = isTaken;
    }

    internal ClusterFiles Files { get; }

    internal ClusterId Id => _record.Id;

    internal ClusterAddress Address => _record.Address;

    internal bool ShouldRun => _record.ShouldRun;

    internal ClusterInfo Describe()
    {
        List<string> remarks = [];
        if (_programs is not null && $"POSTGRES_{_programs.MajorVersion}" is var version && version != _record.DatabaseVersion && !_record.DatabaseVersion.StartsWith(version + "_", StringComparison.Ordinal))
            remarks.Add($"{_record.DatabaseVersion} is served by PostgreSQL {_programs.Version}, the newest whose programs are on this machine.");
        if (Address.Port != LoopbackAddresses.PostgresPort)
            remarks.Add($"No loopback address was free for it alone: it listens on {Address.IPAddress}, port {Address.Port}, and not on port {LoopbackAddresses.PostgresPort} of the address that the API reports.");
        if (_remark is not null) remarks.Add(_remark);
        return new ClusterInfo(Id, Address, _programs?.Version ?? "", FindServer() is not null, remarks);
    }

    /// <summary>Makes a cluster in an empty folder, and starts it.</summary>
    internal static async Task<Cluster> CreateAsync(
        ClusterFiles files, DatabaseAccount account, PostgresInstallation programs, ClusterId id, ClusterSpec spec, Predicate<ClusterAddress> isTaken, CancellationToken cancellationToken)
    {
        var record = new ClusterRecord(
            id.Project, id.Instance, spec.DatabaseVersion, LoopbackAddresses.Choose(files.Folder, isTaken), ShouldRun: true, new Dictionary<string, string>(spec.Flags));
        // What a flag's name alone makes impossible is told before anything is made.
        ServerSettings.Write(id, record.Address, record.Flags);

        var cluster = new Cluster(files, account, programs, record, isTaken);
        await account.MakeFolderAsync(files.Server, cancellationToken);
        await account.MakeFolderAsync(files.Backups, cancellationToken);
        await cluster.InitializeDataAsync(cancellationToken);
        await cluster.StartServerAsync(cancellationToken);
        await using (var connection = await cluster.ConnectAsync("postgres", cancellationToken))
            await SystemRoles.CreateAsync(connection, spec.RootPassword, cancellationToken);
        await cluster._record.WriteAsync(files.Record, cancellationToken);
        return cluster;
    }

    /// <summary>Reads a cluster that is there, and mends what a killed process left unfinished.</summary>
    internal static async Task<Cluster> OpenAsync(
        ClusterFiles files, DatabaseAccount account, IReadOnlyList<PostgresInstallation> installations, Predicate<ClusterAddress> isTaken, CancellationToken cancellationToken)
    {
        var record = await ClusterRecord.ReadAsync(files.Record, cancellationToken);
        var cluster = new Cluster(files, account, null, record, isTaken);
        var data = Directory.Exists(files.PreviousData) ? files.PreviousData : files.Data;
        var major = (await File.ReadAllTextAsync(Path.Combine(data, "PG_VERSION"), cancellationToken)).Trim();
        cluster._programs = installations.FirstOrDefault(installation => installation.MajorVersion.ToString(CultureInfo.InvariantCulture) == major);
        if (cluster._programs is null) cluster._remark = $"Its data are those of PostgreSQL {major}, whose programs are no longer on this machine: install them again, and start the emulator again.";
        return cluster;
    }

    /// <summary>Starts the server where it is to run, or finds it running; a failure becomes a remark.</summary>
    internal async Task ResumeAsync(CancellationToken cancellationToken)
    {
        if (_programs is null) return;
        try
        {
            if (Directory.Exists(Files.PreviousData)) await StopServerAsync();
            FinishInterruptedRestore();
            if (ShouldRun) await StartAsync(cancellationToken);
            else await StopServerAsync();
        }
        catch (ClusterException exception)
        {
            _remark = exception.Message;
        }
    }

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        await StartServerAsync(cancellationToken);
        _remark = null;
        await KeepAsync(_record with { ShouldRun = true }, cancellationToken);
    }

    internal async Task StopAsync(CancellationToken cancellationToken)
    {
        await StopServerAsync();
        await KeepAsync(_record with { ShouldRun = false }, cancellationToken);
    }

    internal async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopServerAsync();
        await StartAsync(cancellationToken);
    }

    /// <summary>Stops the server, which is to run again when the emulator does.</summary>
    internal async Task StopServerAsync()
    {
        if (FindServer() is not { } server) return;

        // Its sessions are told and ended. One that does not let go within the limit is not waited for: the next start recovers as from a crash.
        var result = await RunAsync("pg_ctl", ["stop", "-D", Files.Data, "-m", "fast", "-w", "-t", "60"], CancellationToken.None);
        if (result.ExitCode != 0) result = await RunAsync("pg_ctl", ["stop", "-D", Files.Data, "-m", "immediate", "-w", "-t", "60"], CancellationToken.None);
        if (result.ExitCode != 0 && FindServer() == server)
            throw new ClusterException(ClusterFailure.Failed, $"The server of instance '{Id.Instance}' (process {server}) did not stop: {result.Complaint}. End the process, and try again.");
    }

    /// <returns>Whether the server was restarted.</returns>
    internal async Task<bool> SetFlagsAsync(IReadOnlyDictionary<string, string> flags, CancellationToken cancellationToken)
    {
        var before = _record;
        var after = _record with { Flags = new Dictionary<string, string>(flags) };
        var text = ServerSettings.Write(Id, Address, after.Flags);
        if (FindServer() is null)
        {
            await KeepAsync(after, cancellationToken);
            return false;
        }

        await WriteSettingsAsync(text, CancellationToken.None);
        try
        {
            await JudgeSettingsAsync(cancellationToken);
            var restart = await LoadSettingsAsync();
            _record = after;
            if (restart)
            {
                await StopServerAsync();
                await StartServerAsync(CancellationToken.None);
            }

            await KeepAsync(after, CancellationToken.None);
            return restart;
        }
        catch
        {
            _record = before;
            await WriteSettingsAsync(ServerSettings.Write(Id, Address, before.Flags), CancellationToken.None);
            if (FindServer() is null) await StartServerAsync(CancellationToken.None);
            throw;
        }
    }

    internal async Task<BackupInfo> BackupAsync(string backupId, CancellationToken cancellationToken)
    {
        RequireServer();
        var target = Files.GetBackup(backupId);
        if (Directory.Exists(target)) throw new ClusterException(ClusterFailure.AlreadyExists, $"There is a backup '{backupId}' of instance '{Id.Instance}' already.");

        var unfinished = target + ".unfinished";
        await DeleteFolderInUseAsync(unfinished, cancellationToken);
        try
        {
            var taken = await RunAsync(
                "pg_basebackup",
                ["-D", unfinished, "-h", Address.IPAddress, "-p", $"{Address.Port}", "-U", SystemRoles.Admin, "-w", "-F", "plain", "-X", "stream", "-c", "fast", "--no-sync"],
                cancellationToken, ("PGPASSWORD", await ReadPasswordAsync(cancellationToken)), ("PGSSLMODE", "disable"), ("PGGSSENCMODE", "disable"));
            if (taken.ExitCode != 0) throw new ClusterException(ClusterFailure.Failed, $"The backup of instance '{Id.Instance}' failed: {taken.Complaint}.");
            await VerifyBackupAsync(unfinished, cancellationToken);
            Directory.Move(unfinished, target);
        }
        catch
        {
            DeleteFolder(unfinished);
            throw;
        }

        return new BackupInfo(backupId, new DirectoryInfo(target).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length));
    }

    /// <summary>Replaces the data by a backup's.</summary>
    internal async Task RestoreAsync(string backup, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(backup)) throw new ClusterException(ClusterFailure.NotFound, $"There is no backup '{Path.GetFileName(backup)}' to restore. Nothing was changed.");
        var version = (await File.ReadAllTextAsync(Path.Combine(backup, "PG_VERSION"), cancellationToken)).Trim();
        if (_programs is { } programs && version != programs.MajorVersion.ToString(CultureInfo.InvariantCulture))
            throw new ClusterException(ClusterFailure.InvalidValue, $"The backup is one of PostgreSQL {version}, and instance '{Id.Instance}' runs {programs.Version}. Nothing was changed.");
        await VerifyBackupAsync(backup, cancellationToken);

        await DeleteFolderInUseAsync(Files.RestoredData, cancellationToken);
        try
        {
            await _account.CopyFolderAsync(backup, Files.RestoredData, cancellationToken);
        }
        catch
        {
            DeleteFolder(Files.RestoredData);
            throw;
        }

        // From here to the end it is all or nothing, and a caller's change of mind comes too late.
        await StopServerAsync();
        Directory.Move(Files.Data, Files.PreviousData);
        Directory.Move(Files.RestoredData, Files.Data);
        try
        {
            await StartServerAsync(CancellationToken.None);
        }
        catch
        {
            await StopServerAsync();
            FinishInterruptedRestore();
            await StartServerAsync(CancellationToken.None);
            throw;
        }

        // A move is at once; a deletion may be cut short, and half of the old data must never be taken for all.
        Directory.Move(Files.PreviousData, Files.Discarded);
        DeleteFolder(Files.Discarded);
        await KeepAsync(_record with { ShouldRun = true }, CancellationToken.None);
    }

    /// <summary>A connection of the superuser, which is not pooled: a server that stops is not to wait for it.</summary>
    /// <exception cref="ClusterException">The server does not run, or does not answer.</exception>
    internal async Task<NpgsqlConnection> ConnectAsync(string database, CancellationToken cancellationToken)
    {
        RequireServer();
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = Address.IPAddress,
            Port = Address.Port,
            Username = SystemRoles.Admin,
            Password = await ReadPasswordAsync(cancellationToken),
            Database = database,
            ApplicationName = SystemRoles.Admin,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
            Pooling = false,
            Timeout = 15,
            CommandTimeout = 0,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            await connection.DisposeAsync();
            throw new ClusterException(ClusterFailure.Failed, $"The server of instance '{Id.Instance}' at {Address.IPAddress}:{Address.Port} does not answer: {exception.Message}", exception);
        }
    }

    /// <summary>Whether its server runs and answers as ours.</summary>
    internal async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (FindServer() is null) return false;
        try
        {
            await RequireOwnServerAsync(cancellationToken);
            return true;
        }
        catch (ClusterException)
        {
            return false;
        }
    }

    /// <summary>Ends what may run in the folder of a cluster that was never finished, so that it can be deleted.</summary>
    internal static async Task AbandonAsync(ClusterFiles files, DatabaseAccount account, IReadOnlyList<PostgresInstallation> installations, CancellationToken cancellationToken)
    {
        if (FindServer(files) is null) return;
        await account.RunAsync(installations[0].GetProgram("pg_ctl"), ["stop", "-D", files.Data, "-m", "immediate", "-w", "-t", "60"], cancellationToken);
    }

    /// <summary>Deletes a folder with what is in it, where it is there.</summary>
    internal static void DeleteFolder(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // There is nothing to delete.
        }
    }

    /// <summary>
    ///   Deletes a folder that a program may still be writing to: one that outlived the emulator that started it. It fails when its files are gone,
    ///   and until then what it writes keeps the folder from being empty.
    /// </summary>
    internal static async Task DeleteFolderInUseAsync(string path, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                DeleteFolder(path);
                return;
            }
            catch (IOException) when (attempt < DeletionAttempts)
            {
                await Task.Delay(DeletionPause, cancellationToken);
            }
        }
    }

    private async Task InitializeDataAsync(CancellationToken cancellationToken)
    {
        var passwordFile = Path.Combine(Files.Server, ClusterFiles.PasswordFileName);
        await _account.WriteFileAsync(passwordFile, RandomNumberGenerator.GetHexString(48, lowercase: true), cancellationToken);
        ProgramResult result = default;
        foreach (var locale in Collations.GetTemplateLocales(_programs!.MajorVersion))
        {
            DeleteFolder(Files.Data);
            result = await RunAsync(
                "initdb",
                ["-D", Files.Data, "-U", SystemRoles.Admin, $"--pwfile={passwordFile}", "--auth=scram-sha-256", "--encoding=UTF8", "--lc-messages=C", "--no-sync", .. locale],
                cancellationToken);
            if (result.ExitCode == 0) break;
        }

        if (result.ExitCode != 0) throw new ClusterException(ClusterFailure.Failed, $"initdb failed for instance '{Id.Instance}': {result.Complaint}.");
        File.Move(passwordFile, Files.Password);
        await _account.WriteFileAsync(Path.Combine(Files.Data, "postgresql.conf"), ServerSettings.Include, cancellationToken);
        await _account.WriteFileAsync(Path.Combine(Files.Data, "pg_hba.conf"), ServerSettings.HostBasedAuthentication, cancellationToken);
    }

    /// <summary>Starts the server, or finds that it runs; in both cases it has proved that it is ours when this returns.</summary>
    private async Task StartServerAsync(CancellationToken cancellationToken)
    {
        if (_programs is null) throw new ClusterException(ClusterFailure.ProgramsMissing, _remark!);
        if (FindServer() is not null)
        {
            await AdoptServerAsync(cancellationToken);
            return;
        }

        // The number that a server left behind may by now be any other process's, for which the server would refuse to start.
        File.Delete(Files.ProcessFile);
        for (var attempt = 1; ; attempt++)
        {
            if (!LoopbackAddresses.IsFree(Address)) await ChangeAddressAsync(cancellationToken);
            await WriteSettingsAsync(ServerSettings.Write(Id, Address, _record.Flags), cancellationToken);
            var logged = File.Exists(Files.Log) ? new FileInfo(Files.Log).Length : 0;
            var result = await RunAsync("pg_ctl", ["start", "-D", Files.Data, "-l", Files.Log, "-w", "-t", "120"], CancellationToken.None);
            if (result.ExitCode == 0)
            {
                await RequireOwnServerAsync(cancellationToken);
                return;
            }

            var (complaint, refusesSettings, cannotListen) = await ReadComplaintAsync(logged, result.Complaint, cancellationToken);
            // Somebody else was faster.
            if (cannotListen && attempt < StartAttempts)
            {
                await ChangeAddressAsync(cancellationToken);
                continue;
            }

            throw refusesSettings
                ? new ClusterException(ClusterFailure.InvalidFlag, $"PostgreSQL refuses the database flags of instance '{Id.Instance}': {complaint}")
                : new ClusterException(ClusterFailure.Failed, $"The server of instance '{Id.Instance}' did not start: {complaint}");
        }
    }

    private async Task ChangeAddressAsync(CancellationToken cancellationToken)
    {
        var address = LoopbackAddresses.Choose(Files.Folder, other => other == Address || _isTaken(other));
        _record = _record with { Address = address };
        // A cluster that is still being made gets its record last.
        if (File.Exists(Files.Record)) await _record.WriteAsync(Files.Record, cancellationToken);
    }

    /// <summary>The process that a cluster's server is; null where none runs.</summary>
    private int? FindServer() => FindServer(Files);

    private static int? FindServer(ClusterFiles files)
    {
        try
        {
            var identity = ReadIdentity(File.ReadAllText(files.ProcessFile));
            if (!int.TryParse(identity.AsSpan(0, Math.Max(0, identity.IndexOf('\n', StringComparison.Ordinal))), CultureInfo.InvariantCulture, out var id)) return null;
            using var process = Process.GetProcessById(id);
            if (!process.ProcessName.StartsWith("postgres", StringComparison.Ordinal)) return null;
            // The number may have come to another server since.
            var own = $"/proc/{id}/cwd/{Path.GetFileName(files.ProcessFile)}";
            return !OperatingSystem.IsLinux() || (File.Exists(own) && ReadIdentity(File.ReadAllText(own)) == identity) ? id : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The lines of postmaster.pid that no two servers share: the process, the folder, the time of the start.</summary>
    private static string ReadIdentity(string processFile) => string.Join('\n', processFile.ReplaceLineEndings("\n").Split('\n').Take(3));

    private void RequireServer()
    {
        if (FindServer() is null) throw new ClusterException(ClusterFailure.NotRunning, $"The server of instance '{Id.Instance}' does not run. Start it first.");
    }

    /// <summary>Asks the server at the cluster's address whether it is the cluster's. SCRAM proves each side to the other; two clusters with the same backup in them share a password.</summary>
    private async Task RequireOwnServerAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync("template1", cancellationToken);
        await using var command = new NpgsqlCommand("SELECT pg_read_file('postmaster.pid'), current_setting('data_directory')", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (ReadIdentity(reader.GetString(0)) != ReadIdentity(await File.ReadAllTextAsync(Files.ProcessFile, cancellationToken)))
            throw new ClusterException(
                ClusterFailure.Failed, $"Another server, with its data in '{reader.GetString(1)}', listens at {Address.IPAddress}:{Address.Port}, the address of instance '{Id.Instance}'. Stop it, and try again.");
    }

    /// <summary>Waits for a server that was left while it started, or recovers from a crash.</summary>
    private async Task AdoptServerAsync(CancellationToken cancellationToken)
    {
        for (var wait = Stopwatch.StartNew(); ; await Task.Delay(100, cancellationToken))
        {
            try
            {
                await RequireOwnServerAsync(cancellationToken);
                return;
            }
            catch (ClusterException exception) when (wait.Elapsed < AdoptionLimit && FindServer() is not null && exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow } or NpgsqlException { InnerException: SocketException })
            {
                // It is not ready yet.
            }
        }
    }

    /// <summary>Has the running server judge its settings as they are on the disk, before it takes any of them.</summary>
    /// <exception cref="ClusterException">It refuses one. For one that only a start can change, the start is the judge.</exception>
    private async Task JudgeSettingsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(SystemRoles.Admin, cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT coalesce(f.name, ''), coalesce(f.setting, ''), f.error
            FROM pg_file_settings f LEFT JOIN pg_settings s ON lower(s.name) = lower(f.name)
            WHERE f.error IS NOT NULL AND s.context IS DISTINCT FROM 'postmaster' AND NOT (f.name IS NULL AND f.error LIKE '%without restarting the server')
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (await reader.ReadAsync(cancellationToken))
            throw new ClusterException(
                ClusterFailure.InvalidFlag, $"PostgreSQL refuses the database flag '{reader.GetString(0)}' = '{reader.GetString(1)}': {reader.GetString(2)}. The flags are those of before.");
    }

    /// <summary>Has the running server take its settings.</summary>
    /// <returns>Whether some of them want a restart.</returns>
    private async Task<bool> LoadSettingsAsync()
    {
        await using var connection = await ConnectAsync(SystemRoles.Admin, CancellationToken.None);
        await using var reload = new NpgsqlCommand("SELECT pg_reload_conf()", connection);
        await reload.ExecuteScalarAsync(CancellationToken.None);
        // A setting that is no longer in the file goes back to its default, and that may want a start too.
        await using var restart = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM pg_file_settings f JOIN pg_settings s ON lower(s.name) = lower(f.name) WHERE s.context = 'postmaster' AND f.error IS NOT NULL)
                OR EXISTS (SELECT FROM pg_settings s WHERE s.context = 'postmaster' AND s.source = 'configuration file'
                    AND NOT EXISTS (SELECT FROM pg_file_settings f WHERE lower(f.name) = lower(s.name)))
            """, connection);
        return (bool)(await restart.ExecuteScalarAsync(CancellationToken.None))!;
    }

    private async Task<(string Text, bool RefusesSettings, bool CannotListen)> ReadComplaintAsync(long logged, string otherwise, CancellationToken cancellationToken)
    {
        if (!File.Exists(Files.Log)) return (otherwise, false, false);
        await using var stream = new FileStream(Files.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(logged, SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync(cancellationToken);
        var messages = MessagePattern().Matches(text).Select(match => match.Groups[1].Value.Trim()).Where(message => !message.StartsWith("database system", StringComparison.Ordinal)).ToList();
        return (
            messages.Count > 0 ? string.Join("; ", messages.TakeLast(4)) + "." : otherwise,
            text.Contains("contains errors", StringComparison.Ordinal) || text.Contains("parameter \"", StringComparison.Ordinal),
            text.Contains("could not bind", StringComparison.Ordinal) || text.Contains("could not create any TCP/IP sockets", StringComparison.Ordinal));
    }

    private async Task VerifyBackupAsync(string folder, CancellationToken cancellationToken)
    {
        var verified = await RunAsync("pg_verifybackup", ["-q", folder], cancellationToken);
        if (verified.ExitCode != 0)
            throw new ClusterException(ClusterFailure.Failed, $"The backup in '{folder}' is damaged: {verified.Complaint}. It was not used.");
    }

    /// <summary>Puts back the data of before where the restored server never proved that it runs.</summary>
    private void FinishInterruptedRestore()
    {
        DeleteFolder(Files.Discarded);
        DeleteFolder(Files.RestoredData);
        if (!Directory.Exists(Files.PreviousData)) return;

        if (Directory.Exists(Files.Data)) Directory.Move(Files.Data, Files.Discarded);
        Directory.Move(Files.PreviousData, Files.Data);
        DeleteFolder(Files.Discarded);
    }

    private async Task WriteSettingsAsync(string text, CancellationToken cancellationToken)
    {
        var temporary = Files.Settings + ".new";
        await DatabaseAccount.WritePrivateFileAsync(temporary, text, cancellationToken);
        // Another account reads it; there is no secret in it.
        if (!OperatingSystem.IsWindows() && _account.Name is not null)
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(temporary, Files.Settings, overwrite: true);
    }

    private async Task KeepAsync(ClusterRecord record, CancellationToken cancellationToken)
    {
        await record.WriteAsync(Files.Record, cancellationToken);
        _record = record;
    }

    private async Task<string> ReadPasswordAsync(CancellationToken cancellationToken) => await File.ReadAllTextAsync(Files.Password, cancellationToken);

    private Task<ProgramResult> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken, params (string Name, string Value)[] environment)
        => _account.RunAsync(_programs!.GetProgram(program), arguments, cancellationToken, null, environment);

    [GeneratedRegex(@"(?:LOG|FATAL|ERROR|PANIC|HINT):\s+(.+)")]
    private static partial Regex MessagePattern();
}
