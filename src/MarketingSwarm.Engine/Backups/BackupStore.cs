namespace MarketingSwarm.Engine.Backups;

/// <summary>The folder of a database's backups: where it is, what is in it, and what of that has had its time.</summary>
internal static class BackupStore
{
    internal const string DefaultFolderName = "backups";

    /// <summary>The folder where nobody names one: beside the SQLite file; for a server, in the current folder.</summary>
    internal static string GetDefaultFolder(SwarmDatabase database, string currentFolder)
        => Path.Combine(database.Path is { } path ? Path.GetDirectoryName(path)! : currentFolder, DefaultFolderName);

    /// <summary>What the name of a database's backups begins with.</summary>
    internal static string GetName(SwarmDatabase database)
    {
        var name = database.Path is { } path ? Path.GetFileNameWithoutExtension(path) : database.Database!;
        return string.Concat(name.Select(character => Path.GetInvalidFileNameChars().Contains(character) ? '_' : character));
    }

    /// <summary>
    ///   The backups of a database that are older than they are kept for: those alone whose manifest says that they are of it, and never a
    ///   cutover's.
    /// </summary>
    internal static IReadOnlyList<DatabaseBackup> FindExpired(string folder, SwarmDatabase database, int retentionDays, DateTime now)
    {
        var oldest = now.AddDays(-retentionDays);
        return [.. Find(folder, database).Where(found => found.Manifest.Purpose != BackupPurpose.Fence && found.Manifest.TakenAt < oldest).Select(found => Describe(found.Path, found.Manifest))];
    }

    /// <summary>The newest backup of a database; null where there is none.</summary>
    internal static DatabaseBackup? FindNewest(string folder, SwarmDatabase database)
        => Find(folder, database).OrderByDescending(found => found.Manifest.TakenAt).Select(found => Describe(found.Path, found.Manifest)).FirstOrDefault();

    private static IEnumerable<(string Path, BackupManifest Manifest)> Find(string folder, SwarmDatabase database)
    {
        if (!Directory.Exists(folder)) yield break;
        var source = BackupSource.Of(database);
        foreach (var manifestPath in Directory.EnumerateFiles(folder, "*" + BackupManifest.Suffix).Order(StringComparer.Ordinal))
        {
            var path = manifestPath[..^BackupManifest.Suffix.Length];
            BackupManifest manifest;
            try
            {
                manifest = BackupManifest.Read(path);
            }
            catch (SwarmArchiveException)
            {
                // Another program's file; or nobody knows any more whose backup it is, and so it stays.
                continue;
            }

            if (manifest.Source.IsPlaceOf(source) && manifest.Engine == database.Engine) yield return (path, manifest);
        }
    }

    /// <summary>Deletes a backup and then its manifest, so that a backup is never left without one.</summary>
    /// <exception cref="SwarmDatabaseException">It cannot be deleted.</exception>
    internal static void Delete(DatabaseBackup backup)
    {
        try
        {
            File.Delete(backup.Path);
            File.Delete(backup.ManifestPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.BackupNotDeleted(backup.Path, exception.Message, exception);
        }
    }

    /// <summary>Finds a backup by its path and reads its manifest; the file itself is not read.</summary>
    /// <exception cref="SwarmException">There is no such backup, or its manifest is none.</exception>
    internal static DatabaseBackup Find(string path)
    {
        if (Directory.Exists(path)) throw Errors.BackupIsFolder(path);
        if (!File.Exists(path)) throw Errors.BackupNotFound(path);
        return Describe(path, BackupManifest.Read(path));
    }

    /// <summary>Compares a backup with its manifest, byte for byte.</summary>
    /// <exception cref="SwarmArchiveException">It has changed since it was made.</exception>
    internal static void Verify(DatabaseBackup backup, CancellationToken cancellationToken)
    {
        try
        {
            using var file = new FileStream(backup.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (file.Length != backup.Bytes)
                throw Errors.BackupChanged(backup.Path, FormattableString.Invariant($"it has {file.Length} bytes, and its manifest says {backup.Bytes}"));
            var (sha256, _) = BackupFile.Hash(file, cancellationToken);
            if (sha256 != backup.Sha256) throw Errors.BackupChanged(backup.Path, $"its SHA-256 is {sha256}, and its manifest says {backup.Sha256}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.ArchiveNotReadable(backup.Path, exception.Message, exception);
        }
    }

    internal static DatabaseBackup Describe(string path, BackupManifest manifest, TimeSpan lockTime = default, TimeSpan duration = default) => new(manifest.Source.Describe(manifest.Engine)!)
    {
        Path = path,
        ManifestPath = path + BackupManifest.Suffix,
        Engine = manifest.Engine,
        Purpose = manifest.Purpose,
        IsTableOnly = manifest.IsTableOnly,
        TakenAt = manifest.TakenAt,
        Rows = manifest.Rows,
        Bytes = manifest.Bytes,
        Sha256 = manifest.Sha256,
        SchemaSha256 = manifest.SchemaSha256,
        EngineVersion = manifest.EngineVersion,
        LockTime = lockTime,
        Duration = duration,
    };

    /// <summary>The manifest of a backup in the making; <see cref="BackupFile.Complete"/> fills the rest in.</summary>
    internal static BackupManifest Begin(SwarmDatabase database, BackupPurpose purpose, DateTime takenAt) => new()
    {
        ManifestVersion = BackupManifest.CurrentVersion,
        File = "",
        Engine = database.Engine,
        Source = BackupSource.Of(database),
        IsTableOnly = false,
        Purpose = purpose,
        TakenAt = takenAt,
        Rows = null,
        Bytes = 0,
        Sha256 = "",
        SchemaSha256 = "",
        EngineVersion = "",
        ToolVersion = typeof(BackupStore).Assembly.GetName().Version!.ToString(3),
    };
}
