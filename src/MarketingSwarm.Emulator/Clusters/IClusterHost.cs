namespace MarketingSwarm.Emulator.Clusters;

/// <summary>
///   The PostgreSQL clusters behind the instances: each one a data folder and a server of its own, on loopback only. Every failure that a caller
///   can tell a user about is a <see cref="ClusterException"/>; what a method promises is done when its task completes.
/// </summary>
/// <remarks>
///   Calls for one cluster run one after the other, whoever makes them. A call that is cancelled leaves the cluster as it was or as it was to be.
///   Disposing stops every server; a process that is killed leaves them running for the next one to adopt.
/// </remarks>
internal interface IClusterHost : IAsyncDisposable
{
    /// <summary>Takes over the clusters that are in the state folder: adopts the servers that still run, and starts those that ran when they were last left.</summary>
    /// <returns>What was found, in no particular order; a cluster whose server did not start is among them, stopped, with a remark that says why.</returns>
    Task<IReadOnlyList<ClusterInfo>> OpenAsync(CancellationToken cancellationToken);

    /// <summary>The cluster as it is now; null when there is none.</summary>
    ClusterInfo? Find(ClusterId id);

    /// <summary>Makes a cluster and starts it.</summary>
    /// <exception cref="ClusterException">Nothing of it is left.</exception>
    Task<ClusterInfo> CreateAsync(ClusterId id, ClusterSpec spec, CancellationToken cancellationToken);

    /// <summary>Starts the server; does nothing where it runs.</summary>
    Task<ClusterInfo> StartAsync(ClusterId id, CancellationToken cancellationToken);

    /// <summary>Stops the server after a checkpoint, ending its sessions; does nothing where it does not run.</summary>
    Task StopAsync(ClusterId id, CancellationToken cancellationToken);

    /// <summary>Stops the server and starts it again.</summary>
    Task<ClusterInfo> RestartAsync(ClusterId id, CancellationToken cancellationToken);

    /// <summary>Stops the server and deletes the cluster with its backups; does nothing where there is none.</summary>
    Task DeleteAsync(ClusterId id, CancellationToken cancellationToken);

    /// <summary>Whether a server answers there.</summary>
    Task<bool> IsRunningAsync(ClusterId id, CancellationToken cancellationToken);

    /// <summary>Makes these the cluster's flags, all of them. Names that begin with <c>cloudsql.</c> are not PostgreSQL's and are left out.</summary>
    /// <returns>Whether the server was restarted for it.</returns>
    /// <exception cref="ClusterException">A flag is unknown or refused (<see cref="ClusterFailure.InvalidFlag"/>): the flags are those of before.</exception>
    Task<bool> SetFlagsAsync(ClusterId id, IReadOnlyDictionary<string, string> flags, CancellationToken cancellationToken);

    /// <summary>The databases, whoever made them, without the templates; by name.</summary>
    Task<IReadOnlyList<DatabaseInfo>> GetDatabasesAsync(ClusterId id, CancellationToken cancellationToken);

    /// <summary>Makes a database, owned by <c>cloudsqlsuperuser</c>. Null stands for the charset UTF8 and the collation en_US.UTF8; a collation that the system lacks is served by ICU.</summary>
    Task CreateDatabaseAsync(ClusterId id, string name, string? charset, string? collation, CancellationToken cancellationToken);

    /// <summary>Drops a database and ends the sessions in it.</summary>
    Task DropDatabaseAsync(ClusterId id, string name, CancellationToken cancellationToken);

    /// <summary>The roles that can log in, whoever made them, without those of the emulator itself; by name.</summary>
    Task<IReadOnlyList<UserInfo>> GetUsersAsync(ClusterId id, CancellationToken cancellationToken);

    /// <summary>
    ///   Makes the user, or gives one that exists the password and roles that are not null. A new user without a password cannot log in with one;
    ///   without roles given, a built-in user is a member of <c>cloudsqlsuperuser</c> and an IAM user of none.
    /// </summary>
    Task SetUserAsync(ClusterId id, string name, UserKind kind, string? password, IReadOnlyList<string>? databaseRoles, CancellationToken cancellationToken);

    /// <summary>Gives a role that is there another password. It does not wait for other calls.</summary>
    /// <exception cref="ClusterException">There is no such role (<see cref="ClusterFailure.NotFound"/>), or the server cannot be asked.</exception>
    Task SetPasswordAsync(ClusterId id, string name, string password, CancellationToken cancellationToken);

    /// <summary>Drops a user.</summary>
    /// <exception cref="ClusterException">It owns objects (<see cref="ClusterFailure.InUse"/>), or there is none.</exception>
    Task DropUserAsync(ClusterId id, string name, CancellationToken cancellationToken);

    /// <summary>Takes a base backup and verifies it. Its id has letters, digits, '-' and '_'.</summary>
    Task<BackupInfo> BackupAsync(ClusterId id, string backupId, CancellationToken cancellationToken);

    /// <summary>Replaces the cluster's data with a backup's, of this cluster or of another. The data of before is kept until the restored server runs.</summary>
    /// <exception cref="ClusterException">The cluster is as it was before.</exception>
    Task<ClusterInfo> RestoreAsync(ClusterId id, ClusterId source, string backupId, CancellationToken cancellationToken);

    /// <summary>Deletes a backup; does nothing where there is none.</summary>
    Task DeleteBackupAsync(ClusterId id, string backupId, CancellationToken cancellationToken);
}
