namespace MarketingSwarm.Engine.Backups;

/// <summary>
///   A backup of a SQLite file as it is behind a fence: opened while the caller's own connection holds <c>BEGIN IMMEDIATE</c>, and so has
///   committed nothing of its own since.
/// </summary>
/// <remarks>
///   The copy is read over a connection of its own, since SQLite copies nothing over one that is about to write. In WAL mode
///   (<see cref="OutlivesFence"/>) opening it fixes the state, and the copy may be made after the fence has been given back. In
///   rollback-journal mode it is made behind the fence: readers are let in there, and until it is disposed no writer could commit anyway.
///   Its manifest has the purpose <see cref="BackupPurpose.Fence"/>, so that it is not pruned: the certificate refers to its path and SHA-256.
/// </remarks>
internal sealed class FencedBackup : IDisposable
{
    private readonly SqliteBackup _backup;

    private FencedBackup(SqliteBackup backup) => _backup = backup;

    /// <summary>Whether the fence may be given back before <see cref="Complete"/>.</summary>
    internal bool OutlivesFence => _backup.IsStable;

    /// <summary>The bytes to copy.</summary>
    internal long Length => _backup.Length;

    /// <summary>Fixes the state to back up. The caller holds the fence.</summary>
    /// <param name="database">The fenced file.</param>
    /// <param name="cancellationToken">Ends the wait for a lock.</param>
    /// <exception cref="SwarmDatabaseException">The file cannot be read, or it has no such table.</exception>
    internal static FencedBackup Open(SwarmDatabase database, CancellationToken cancellationToken) => new(SqliteBackup.OpenNow(database, cancellationToken));

    /// <summary>Makes the backup.</summary>
    /// <param name="folder">Its folder; made where its own folder exists.</param>
    /// <param name="cancellationToken">Stops the work, as when the fence's budget is spent; then nothing is left.</param>
    /// <exception cref="SwarmDatabaseException">There is no room, or the copy is not sound. Nothing is left then.</exception>
    internal DatabaseBackup Complete(string folder, CancellationToken cancellationToken)
        => _backup.Complete(folder, BackupPurpose.Fence, longest: null, report: null, cancellationToken);

    /// <summary>Gives the state back.</summary>
    public void Dispose() => _backup.Dispose();
}
