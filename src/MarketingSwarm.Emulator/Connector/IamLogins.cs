using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.CloudSql;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Connector;

/// <summary>How a user comes in through the proxy.</summary>
internal enum LoginWay
{
    /// <summary>The server asks for a password, and judges it.</summary>
    ServerAsks,

    /// <summary>The certificate says who it is.</summary>
    Certificate,

    /// <summary>The access token is the password.</summary>
    Token,

    /// <summary>Not at all.</summary>
    Refused,
}

/// <summary>The judgement of a login.</summary>
/// <param name="Way">How it goes on.</param>
/// <param name="Message">What a client is told that does not get in.</param>
/// <param name="Reason">Why, for the log; null where it is not refused yet.</param>
internal sealed record LoginJudgement(LoginWay Way, string Message = "", string? Reason = null);

/// <summary>Who may log in by Cloud IAM, and the passwords that only the emulator knows: with them the proxy logs such users in to the server, which asks everybody for one.</summary>
internal sealed class IamLogins(Instances instances, IClusterHost clusters, Authentication authentication, Faults faults)
{
    private const string Flag = "cloudsql.iam_authentication";
    private const string Permission = "cloudsql.instances.login";
    private const string ServiceAccountSuffix = ".gserviceaccount.com";
    private const int PasswordLength = 48;

    private readonly ConcurrentDictionary<(ClusterId Id, string User), Lent> _passwords = new();

    /// <summary>The database's name of an account: its e-mail address, of a service account without its ending.</summary>
    public static string UserOf(string account)
        => account.EndsWith(ServiceAccountSuffix, StringComparison.OrdinalIgnoreCase) ? account[..^ServiceAccountSuffix.Length] : account;

    /// <summary>Judges a login before it begins.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="user">The user that the client names; null for none.</param>
    /// <param name="account">The account in its certificate; null for none.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <exception cref="ClusterException">The server cannot be asked.</exception>
    public async Task<LoginJudgement> JudgeAsync(ClusterId id, string? user, string? account, CancellationToken cancellationToken)
    {
        // Only names of e-mail addresses are of Cloud IAM.
        if (user is null || !user.Contains('@')) return new LoginJudgement(LoginWay.ServerAsks);
        var found = (await clusters.GetUsersAsync(id, cancellationToken)).FirstOrDefault(other => other.Name == user);
        if (found is { Kind: UserKind.BuiltIn } || (found is null && account is null)) return new LoginJudgement(LoginWay.ServerAsks);

        var isServiceAccount = found is null ? user == UserOf(account!) && user != account : found.Kind is UserKind.IamServiceAccount;
        var message = $"Cloud SQL IAM {(isServiceAccount ? "service account" : "user")} authentication failed for user \"{user}\"";
        var reason = found switch
        {
            null => "there is no such user",
            { Kind: UserKind.IamGroup } => "a group cannot log in itself",
            _ when account is not null && user != UserOf(account) => $"the certificate is that of {account}",
            _ when account is null && user != UserOf(authentication.Account) => $"the token is that of {authentication.Account}",
            _ when !IsOn(id) => $"the instance's flag {Flag} is not on",
            _ when faults.Current.MissingPermissions.Contains(Permission) => $"the account lacks the permission {Permission}",
            _ => null,
        };
        return new LoginJudgement(reason is not null ? LoginWay.Refused : account is null ? LoginWay.Token : LoginWay.Certificate, message, reason);
    }

    /// <summary>The password that the server takes for the user.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="user">A user of Cloud IAM.</param>
    /// <param name="refused">The one that was tried and refused, as after a restore; null at first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ClusterException">It cannot be given one.</exception>
    public async Task<string> LendPasswordAsync(ClusterId id, string user, string? refused, CancellationToken cancellationToken)
    {
        var lent = _passwords.GetOrAdd((id, user), _ => new Lent());
        await lent.Turn.WaitAsync(cancellationToken);
        try
        {
            if (lent.Password is null || lent.Password == refused)
            {
                var password = RandomNumberGenerator.GetHexString(PasswordLength, lowercase: true);
                await clusters.SetPasswordAsync(id, user, password, cancellationToken);
                lent.Password = password;
            }

            return lent.Password;
        }
        finally
        {
            lent.Turn.Release();
        }
    }

    private bool IsOn(ClusterId id)
        => (instances.Find(id)?["settings"]?["databaseFlags"] as JsonArray ?? [])
            .Any(flag => flag!["name"]!.GetValue<string>() == Flag && flag["value"]!.GetValue<string>().Equals("on", StringComparison.OrdinalIgnoreCase));

    private sealed class Lent
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public string? Password { get; set; }
    }
}
