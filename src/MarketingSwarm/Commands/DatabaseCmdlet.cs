using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Configuration;

namespace MarketingSwarm.Commands;

/// <summary>A cmdlet that works on one database.</summary>
public abstract class DatabaseCmdlet : SwarmCmdlet
{
    /// <summary>
    ///   The database: the path of a SQLite file, a URL (<c>postgresql://…</c>, <c>sqlite:///…</c>, SQLAlchemy's spellings of both), or an
    ///   object of Get-SwarmDatabase. Without it, a cmdlet that only reads takes what the environment implies.
    /// </summary>
    [Parameter(Position = 0)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Database { get; set; }

    /// <summary>The user and the password; they go before those in the URL and in the environment.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Finds out which database is meant, and passes its warnings on.</summary>
    /// <exception cref="SwarmConfigurationException">The name is wrong, or it writes and only the environment implies a database.</exception>
    private protected SwarmDatabase ResolveDatabase(bool forWriting)
    {
        if (forWriting && Database is null) throw Errors.DatabaseNotNamed(DatabaseResolver.Resolve(Database, CreateResolutionContext(Credential)));
        return Resolve(Database, Credential);
    }
}
