using MarketingSwarm.Engine.Configuration;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>How PostgreSQL calls the users of Google's identities (https://cloud.google.com/sql/docs/postgres/iam-logins).</summary>
internal static class IamUser
{
    private const string ServiceAccountEnding = ".gserviceaccount.com";

    /// <summary>A service account is called by its address without the ending, for which a role's name would be too long; anybody else by the whole address.</summary>
    internal static Setting Shorten(Setting user) => user.Value.EndsWith(ServiceAccountEnding, StringComparison.OrdinalIgnoreCase)
        ? new Setting(user.Value[..^ServiceAccountEnding.Length], user.Origin, user.Warning)
        : user;
}
