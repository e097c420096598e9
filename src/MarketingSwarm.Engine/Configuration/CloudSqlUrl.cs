using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Engine.Configuration;

/// <summary>
///   What a URL says about a database of a Cloud SQL instance, which is named and not addressed:
///   <c>cloudsql://[user[:password]@]project:region:instance[/database][?parameters]</c>.
/// </summary>
internal static class CloudSqlUrl
{
    private static readonly string[] Used =
        ["user", "password", "dbname", "database", "passwordSecret", "ipType", "iam", "connector", "connect_timeout", "timeout", "options", "passfile"];

    internal static SwarmDatabase Resolve(DatabaseUrl url, bool isImplied, EnvironmentSettings? environment, ResolutionContext context)
    {
        var origin = url.Source.Origin;
        var settings = new PostgresSettings(url.Source, url.Shown)
        {
            Database = Make(url.Database),
            User = Make(url.User),
            Password = Make(url.Password),
            Environment = environment,
        };
        var addressType = new Setting(nameof(CloudSqlAddressType.Auto), "default");
        var isIamLogin = false;
        var path = ConnectorPath.Auto;
        var ignored = new List<string>();
        foreach (var (name, value) in url.Parameters)
        {
            // A password may be of any characters, a name may not.
            if (name != "password" && value.Any(char.IsControl)) throw Errors.NameHasControlCharacter(url.Shown);
            switch (name)
            {
                case "user":
                    settings.User = Make(value);
                    break;
                case "password":
                    settings.Password = Make(value);
                    break;
                case "passwordSecret":
                    _ = SecretVersionName.Parse(value, url.Shown);
                    settings.PasswordSecret = Make(value);
                    break;
                case "dbname" or "database":
                    settings.Database = Make(value);
                    break;
                case "ipType":
                    addressType = new Setting(
                        value switch
                        {
                            "auto" => nameof(CloudSqlAddressType.Auto),
                            "public" => nameof(CloudSqlAddressType.Public),
                            "private" => nameof(CloudSqlAddressType.Private),
                            _ => throw Errors.UrlParameterInvalid(url.Shown, name, value, "auto, public or private"),
                        },
                        origin);
                    break;
                case "iam":
                    isIamLogin = value switch
                    {
                        "true" => true,
                        "false" => false,
                        _ => throw Errors.UrlParameterInvalid(url.Shown, name, value, "true or false"),
                    };
                    break;
                case "connector":
                    path = value switch
                    {
                        "auto" => ConnectorPath.Auto,
                        "direct" => ConnectorPath.Direct,
                        "forwarder" => ConnectorPath.Forwarder,
                        _ => throw Errors.UrlParameterInvalid(url.Shown, name, value, "auto, direct or forwarder"),
                    };
                    break;
                case "connect_timeout" or "timeout":
                    settings.ConnectTimeout = DatabaseUrl.ParseTimeout(name, value, url.Shown);
                    break;
                case "options":
                    settings.ServerOptions = value;
                    break;
                case "passfile":
                    settings.PassFile = value;
                    break;
                default:
                    if (!PostgresUrl.Ignored.Contains(name)) throw Errors.UrlParameterUnknown(url.Shown, name, [.. Used, .. PostgresUrl.Ignored]);
                    ignored.Add(name);
                    break;
            }
        }

        settings.Ignored = ignored;
        return settings.CompleteInstance(url.Host!, addressType, isIamLogin, path, isImplied, context);

        Setting? Make(string? value) => value is { Length: > 0 } ? new Setting(value, origin) : null;
    }
}
