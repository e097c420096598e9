namespace MarketingSwarm.Emulator.Clusters;

/// <summary>Where a cluster's files are. The emulator's own are in its folder, the server's in <c>postgres</c> below it, which the server's account owns.</summary>
internal sealed class ClusterFiles(string folder)
{
    internal string Folder { get; } = folder;

    internal string Record => Path.Combine(Folder, "cluster.json");

    internal string Settings => Path.Combine(Folder, "server.conf");

    internal string Server => Path.Combine(Folder, "postgres");

    internal string Data => Path.Combine(Server, "data");

    /// <summary>The data of before a restore, until the restored server runs.</summary>
    internal string PreviousData => Path.Combine(Server, "previous");

    /// <summary>A backup's copy on its way to become the data.</summary>
    internal string RestoredData => Path.Combine(Server, "restored");

    /// <summary>What is only to be deleted.</summary>
    internal string Discarded => Path.Combine(Server, "discarded");

    internal string Backups => Path.Combine(Server, "backups");

    internal string Log => Path.Combine(Server, "postgresql.log");

    internal string ProcessFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>
    ///   The password of <c>cloudsqladmin</c>. It is in the data folder, and so in every backup: whichever backup is restored wherever, the password
    ///   that it knows comes with it.
    /// </summary>
    internal string Password => Path.Combine(Data, PasswordFileName);

    internal const string PasswordFileName = "cloudsqladmin.password";

    internal string GetBackup(string backupId) => Path.Combine(Backups, backupId);
}
