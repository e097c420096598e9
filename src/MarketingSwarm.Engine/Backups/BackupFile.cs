using System.Globalization;
using System.Security.Cryptography;
using MarketingSwarm.Engine.Archives;

namespace MarketingSwarm.Engine.Backups;

/// <summary>
///   A backup in the making: written into its folder under another name, readable by its owner only, and given its own name once it is whole,
///   hashed and on the disk; its manifest comes last. Disposing it before leaves nothing behind.
/// </summary>
internal sealed class BackupFile : IDisposable
{
    private const int BufferLength = 1 << 20;

    // What SQLite may keep beside a file.
    private static readonly string[] CompanionSuffixes = ["-journal", "-wal", "-shm"];

    private readonly string _folder;
    private readonly bool _isFolderNew;
    private bool _isSettled;

    private BackupFile(string folder, bool isFolderNew)
    {
        _folder = folder;
        _isFolderNew = isFolderNew;
        PartPath = Path.Combine(folder, PrivateFile.TemporaryName());
    }

    /// <summary>Where the backup is written to; the file is there and empty.</summary>
    internal string PartPath { get; }

    /// <summary>Looks whether a backup of so many bytes can be made in a folder, which need not exist if its own folder does. Changes nothing.</summary>
    /// <exception cref="SwarmDatabaseException">There is no such folder, or no room.</exception>
    internal static void Check(string folder, long bytes)
    {
        if (File.Exists(folder)) throw Errors.BackupFolderIsFile(folder);
        var present = Directory.Exists(folder) ? folder : Path.GetDirectoryName(folder);
        if (present is null || !Directory.Exists(present)) throw Errors.BackupFolderNotFound(folder, present ?? folder);
        try
        {
            var room = new DriveInfo(present).AvailableFreeSpace;
            if (room < bytes) throw Errors.BackupNoRoom(folder, bytes, room);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.BackupNotWritten(folder, exception.Message, exception);
        }
    }

    /// <summary>Begins a backup. A folder that is made for it is its owner's alone.</summary>
    /// <exception cref="SwarmDatabaseException">The folder cannot be made or written.</exception>
    internal static BackupFile Create(string folder, long bytes)
    {
        Check(folder, bytes);
        try
        {
            var isNew = !Directory.Exists(folder);
            if (isNew && OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else if (isNew) Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var file = new BackupFile(folder, isNew);
            PrivateFile.Create(file.PartPath).Dispose();
            return file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.BackupNotWritten(folder, exception.Message, exception);
        }
    }

    /// <summary>The SHA-256 of a file in lower-case hexadecimal, and its size in bytes.</summary>
    internal static (string Sha256, long Bytes) Hash(FileStream file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferLength];
        var bytes = 0L;
        for (int read; (read = file.Read(buffer)) > 0; bytes += read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }

        return (Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
    }

    /// <summary>Puts the backup and its manifest in their places.</summary>
    /// <param name="manifest">What is known of the backup; its name, size and SHA-256 are filled in.</param>
    /// <param name="name">The beginning of its name; the moment follows.</param>
    /// <param name="extension">The end of its name.</param>
    /// <param name="cancellationToken">Stops the hashing.</param>
    /// <returns>The backup's full path and the whole manifest.</returns>
    /// <exception cref="SwarmDatabaseException">It cannot be written.</exception>
    internal (string Path, BackupManifest Manifest) Complete(BackupManifest manifest, string name, string extension, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_folder, $"{name}-{manifest.TakenAt.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture)}{extension}");
        var manifestPart = Path.Combine(_folder, PrivateFile.TemporaryName());
        try
        {
            using (var file = new FileStream(PartPath, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0))
            {
                file.Flush(flushToDisk: true);
                var (sha256, bytes) = Hash(file, cancellationToken);
                manifest = manifest with { File = Path.GetFileName(path), Sha256 = sha256, Bytes = bytes };
            }

            using (var file = PrivateFile.Create(manifestPart))
            {
                file.Write(manifest.ToJson());
                file.Flush(flushToDisk: true);
            }

            File.Move(PartPath, path, overwrite: false);
            try
            {
                File.Move(manifestPart, path + BackupManifest.Suffix, overwrite: false);
            }
            catch
            {
                File.Delete(path);
                throw;
            }

            _isSettled = true;
            DurableFolder.Flush(_folder);
            return (path, manifest);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.BackupNotWritten(path, exception.Message, exception);
        }
        finally
        {
            File.Delete(manifestPart);
        }
    }

    public void Dispose()
    {
        if (_isSettled) return;
        _isSettled = true;
        foreach (var suffix in CompanionSuffixes.Prepend("")) File.Delete(PartPath + suffix);
        try
        {
            if (_isFolderNew) Directory.Delete(_folder);
        }
        catch (IOException)
        {
            // Somebody has put something else into it.
        }
    }
}
