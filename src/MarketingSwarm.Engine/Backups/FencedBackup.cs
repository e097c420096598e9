namespace MarketingSwarm.Engine.Backups;

/// <summary>
///   A backup of a SQLite file as it is behind a fence: opened while the caller's own connection holds <c>BEGIN IMMEDIATE</c>, and so has
///   committed nothing of its own since.
/// </summary>
/// <remarks>
///   The copy is read over a connection of its own, since SQLite copies nothing over one that is about to write. In WAL mode
///   (<see cref="OutlivesFence"/>) opening it fixes the state, and the fence may be given back before <see cref="Copy"/>. In rollback-journal
///   mode it may be after, since readers are let in behind it; the longer part, <see cref="Complete"/>, never needs it.
///   Its manifest has the purpose <see cref="BackupPurpose.Fence"/>, so that it is not pruned: the certificate refers to its path and SHA-256.
/// </remarks>
internal sealed class FencedBackup : IDisposable
{
    private readonly SqliteBackup _backup;

    private FencedBackup(SqliteBackup backup) => _backup = backup;

    /// <summary>Whether the fence may be given back before <see cref="Copy"/>.</summary>
    internal bool OutlivesFence => _backup.IsStable;

    /// <summary>The bytes to copy.</summary>
    internal long Length => _backup.Length;

    /// <summary>Fixes the state to back up. The caller holds the fence.</summary>
    /// <param name="database">The fenced file.</param>
    /// <param name="cancellationToken">Ends the wait for a lock.</param>
    /// <exception cref="SwarmDatabaseException">The file cannot be read, or it has no such table.</exception>
    internal static FencedBackup Open(SwarmDatabase database, CancellationToken cancellationToken) => new(SqliteBackup.OpenNow(database, cancellationToken));

    /// <summary>Copies the state. Unless <see cref="OutlivesFence"/>, the caller still holds the fence; afterwards it may be given back.</summary>
    /// <param name="folder">The backup's folder; made where its own folder exists.</param>
    /// <param name="cancellationToken">Stops the work, as when the fence's budget is spent; then nothing is left.</param>
    /// <exception cref="SwarmDatabaseException">There is no room, or the file cannot be read.</exception>
    internal void Copy(string folder, CancellationToken cancellationToken)
    {
        _backup.Copy(folder, longest: null, report: null, cancellationToken);
        _backup.Release();
    }

    /// <summary>Test-opens and hashes the copy, and puts it in its place.</summary>
    /// <param name="cancellationToken">Stops the work; then nothing is left.</param>
    /// <returns>The backup: its path and SHA-256 among others.</returns>
    /// <exception cref="SwarmDatabaseException">The copy is not sound, or cannot be written.</exception>
    internal DatabaseBackup Complete(CancellationToken cancellationToken) => _backup.Finish(BackupPurpose.Fence, cancellationToken);

    /// <summary>Gives the state back, and takes away what was not completed.</summary>
    public void Dispose() => _backup.Dispose();
}
