using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.Secrets;

/// <summary>What became of a secret.</summary>
/// <param name="Action">Created where the secret is new, Updated where only the version is, else Present.</param>
/// <param name="Version">The number of the version that has the value.</param>
internal sealed record SecretOutcome(CloudAction Action, string Version);

/// <summary>How a secret stands to a value.</summary>
/// <param name="Exists">Whether the secret is there, with or without versions.</param>
/// <param name="Version">The number of the latest version, where its value can be read.</param>
/// <param name="IsSame">Whether the latest version has the value.</param>
internal sealed record SecretState(bool Exists, string? Version, bool IsSame);

/// <summary>Secrets of Secret Manager: written only where they differ, exactly once, and checked by their CRC both ways.</summary>
internal static partial class SecretStore
{
    /// <summary>Secret Manager's limit, in bytes (https://cloud.google.com/secret-manager/quotas).</summary>
    internal const int LargestValue = 64 * 1024;

    private const int MaxSends = 10;
    private const string Latest = "latest";

    /// <summary>The secret with this value as its latest version; a version is added only where the latest has another value.</summary>
    /// <param name="api">Where to.</param>
    /// <param name="project">The project's id.</param>
    /// <param name="name">The secret's name: 1 to 255 letters, digits, hyphens and underscores.</param>
    /// <param name="value">The value, stored as UTF-8 as it is: 1 to 65,536 bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SwarmConfigurationException">The name or the value is not one that Secret Manager takes.</exception>
    internal static async Task<SecretOutcome> EnsureAsync(IGoogleApi api, string project, string name, string value, CancellationToken cancellationToken)
    {
        var state = await CompareAsync(api, project, name, value, cancellationToken).ConfigureAwait(false);
        return await WriteAsync(api, project, name, value, state, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    ///   The value that the secret has; where it has none, a generated one, written first and then read back: whoever runs this twice, or at the same time
    ///   in two places, gets the value that is stored.
    /// </summary>
    /// <inheritdoc cref="EnsureAsync"/>
    internal static async Task<(SecretOutcome Outcome, SecretPayload Payload)> EnsureGeneratedAsync(IGoogleApi api, string project, string name, CancellationToken cancellationToken)
    {
        RequireName(name);
        if (await TryAccessAsync(api, project, name, cancellationToken).ConfigureAwait(false) is { } found) return (new SecretOutcome(CloudAction.Present, found.Version), found);
        var written = await EnsureAsync(api, project, name, GeneratedPassword.Create(), cancellationToken).ConfigureAwait(false);
        var stored = await AccessAsync(api, project, name, Latest, cancellationToken).ConfigureAwait(false);
        return (written with { Version = stored.Version }, stored);
    }

    /// <summary>The value of a version, its checksum verified.</summary>
    /// <param name="api">Where to.</param>
    /// <param name="project">The project's id.</param>
    /// <param name="name">The secret's name.</param>
    /// <param name="version">A number, <c>latest</c> or an alias.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SwarmCloudException">There is no such version, it is disabled, or it was damaged on the way.</exception>
    internal static async Task<SecretPayload> AccessAsync(IGoogleApi api, string project, string name, string version, CancellationToken cancellationToken)
    {
        RequireName(name);
        JsonObject answer;
        try
        {
            answer = await api.SendAsync(SecretRequests.Access(project, name, version), cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmCloudException exception) when (IsNotEnabled(exception))
        {
            throw Errors.SecretVersionNotEnabled(project, name, version, exception.Message);
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound && version == Latest)
        {
            throw Errors.SecretVersionNotFound(project, name);
        }

        var number = LastSegment(answer.Text("name"));
        byte[] data;
        try
        {
            data = Convert.FromBase64String(answer.Text("payload", "data") ?? "");
        }
        catch (FormatException)
        {
            throw Errors.SecretDamaged(name, number);
        }

        return answer.Number("payload", "dataCrc32c") is { } sum && sum != Crc32C.Compute(data) ? throw Errors.SecretDamaged(name, number) : new SecretPayload(name, number, data);
    }

    /// <summary>How the secret stands to a value. Nothing is changed.</summary>
    /// <inheritdoc cref="EnsureAsync"/>
    internal static async Task<SecretState> CompareAsync(IGoogleApi api, string project, string name, string value, CancellationToken cancellationToken)
    {
        RequireName(name);
        var data = Encode(name, value);
        if (await TryAccessAsync(api, project, name, cancellationToken).ConfigureAwait(false) is { } payload)
            return new SecretState(Exists: true, payload.Version, payload.Data.SequenceEqual(data));
        return new SecretState(await ExistsAsync(api, project, name, cancellationToken).ConfigureAwait(false), Version: null, IsSame: false);
    }

    /// <summary>Does what <see cref="CompareAsync"/> found to be missing.</summary>
    /// <inheritdoc cref="EnsureAsync"/>
    internal static async Task<SecretOutcome> WriteAsync(IGoogleApi api, string project, string name, string value, SecretState state, CancellationToken cancellationToken)
    {
        if (state.IsSame) return new SecretOutcome(CloudAction.Present, state.Version!);
        if (!state.Exists) await CreateAsync(api, project, name, cancellationToken).ConfigureAwait(false);
        var version = await AddVersionAsync(api, project, name, Encode(name, value), cancellationToken).ConfigureAwait(false);
        return new SecretOutcome(state.Exists ? CloudAction.Updated : CloudAction.Created, version);
    }

    /// <summary>The value as it is stored.</summary>
    /// <exception cref="SwarmConfigurationException">It is empty or too large.</exception>
    internal static byte[] Encode(string name, string value)
    {
        var data = Encoding.UTF8.GetBytes(value);
        return data.Length switch
        {
            0 => throw Errors.SecretEmpty(name),
            > LargestValue => throw Errors.SecretTooLarge(name, data.Length),
            _ => data,
        };
    }

    /// <exception cref="SwarmConfigurationException">Secret Manager takes no such name.</exception>
    internal static void RequireName(string name)
    {
        if (!Name().IsMatch(name)) throw Errors.SecretNameMalformed(name);
    }

    /// <summary>The latest version's value; null where the secret, or a version of it that can be read, is not there.</summary>
    internal static async Task<SecretPayload?> TryAccessAsync(IGoogleApi api, string project, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await AccessAsync(api, project, name, Latest, cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound || exception.ErrorId == nameof(Errors.SecretVersionNotEnabled))
        {
            return null;
        }
    }

    internal static string LastSegment(string? name) => name is null ? "" : name[(name.LastIndexOf('/') + 1)..];

    private static async Task<bool> ExistsAsync(IGoogleApi api, string project, string name, CancellationToken cancellationToken)
    {
        try
        {
            await api.SendAsync(SecretRequests.Get(project, name), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            return false;
        }
    }

    private static async Task CreateAsync(IGoogleApi api, string project, string name, CancellationToken cancellationToken)
    {
        var request = SecretRequests.Insert(project, name);
        for (var send = 1; ; send++)
        {
            try
            {
                await api.SendAsync(request, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.AlreadyExists)
            {
                // Made meanwhile, by us or by another: what counts is that it is there.
                return;
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.OutcomeUnknown && send < MaxSends)
            {
                api.Trace.Verbose($"{exception.Message} It is looked up.");
                if (await ExistsAsync(api, project, name, cancellationToken).ConfigureAwait(false)) return;
            }
        }
    }

    private static async Task<string> AddVersionAsync(IGoogleApi api, string project, string name, byte[] data, CancellationToken cancellationToken)
    {
        var request = SecretRequests.AddVersion(project, name, data);
        for (var send = 1; ; send++)
        {
            try
            {
                var added = await api.SendAsync(request, cancellationToken).ConfigureAwait(false);
                return LastSegment(added.Text("name"));
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.OutcomeUnknown && send < MaxSends)
            {
                api.Trace.Verbose($"{exception.Message} It is looked up.");
                if (await TryAccessAsync(api, project, name, cancellationToken).ConfigureAwait(false) is { } payload && payload.Data.SequenceEqual(data)) return payload.Version;
            }
        }
    }

    // HTTP 400, FAILED_PRECONDITION: the version is disabled or destroyed.
    private static bool IsNotEnabled(SwarmCloudException exception) => exception is { Failure: SwarmCloudFailure.Busy, HttpStatus: 400 };

    [GeneratedRegex("^[A-Za-z0-9_-]{1,255}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
