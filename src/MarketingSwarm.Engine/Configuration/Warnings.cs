namespace MarketingSwarm.Engine.Configuration;

/// <summary>What to tell the user about how a name was understood.</summary>
internal static class Warnings
{
    internal static IEnumerable<string> ForSetting(Setting? setting) => setting?.Warning is { } warning ? [warning] : [];

    internal static IEnumerable<string> ForIgnored(string shown, IReadOnlyList<string> parameters)
        => parameters.Count == 0
            ? []
            : [$"{shown}: {(parameters.Count == 1 ? "the parameter" : "the parameters")} {string.Join(", ", parameters.Select(name => $"'{name}'"))} {(parameters.Count == 1 ? "has" : "have")} no effect here."];

    internal static IEnumerable<string> ForCredential(ResolutionContext context)
        => context.User is null ? [] : ["A file has no login: -Credential is not used."];

    internal static IEnumerable<string> ForTls(string shown, string? host, TlsMode mode) => mode switch
    {
        TlsMode.VerifyFull => [],
        TlsMode.VerifyCA => [$"{shown}: sslmode=verify-ca does not check that the certificate is for '{host}'; another server with a certificate of the same authority could take its place."],
        TlsMode.Require => [$"{shown}: sslmode=require encrypts but does not check who '{host}' is; whoever controls the network could read the password and the data."],
        TlsMode.Disable => [$"{shown}: sslmode=disable sends everything to '{host}' unencrypted."],
        _ => [$"{shown}: sslmode={mode.ToString().ToLowerInvariant()} may send everything to '{host}' unencrypted and does not check who it is."],
    };
}
