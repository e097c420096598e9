using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>How a request may be repeated when its answer was lost.</summary>
internal enum Idempotency
{
    /// <summary>Once or ten times is the same: reads, writes under a version, deletions. It is sent again after anything transient.</summary>
    Repeatable,

    /// <summary>It makes something: it is sent again only where it certainly had no effect. Whoever sends it looks before sending it anew.</summary>
    Creating,
}

/// <summary>One request as a value: <c>-WhatIf</c> shows the same that is sent.</summary>
internal sealed class GoogleRequest
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal GoogleRequest(GoogleApi api, HttpMethod method, string path, JsonObject? body = null)
    {
        Api = api;
        Method = method;
        Path = path;
        Body = body;
        Idempotency = method == HttpMethod.Post ? Idempotency.Creating : Idempotency.Repeatable;
    }

    internal GoogleApi Api { get; }

    internal HttpMethod Method { get; }

    /// <summary>Path and query, without the leading slash; every name in it escaped.</summary>
    internal string Path { get; }

    internal JsonObject? Body { get; }

    internal Idempotency Idempotency { get; init; }

    /// <summary>What it is about, for messages: <c>instance 'marketing-swarm-db'</c>.</summary>
    internal required string Target { get; init; }

    /// <summary>The permission that it takes, which Google's answer does not always name.</summary>
    internal required string Permission { get; init; }

    /// <summary>A predefined role with that permission, for the advice.</summary>
    internal required string Role { get; init; }

    /// <summary>The project whose API must be enabled.</summary>
    internal required string Project { get; init; }

    /// <summary>A segment of a path; what a name may hold beyond letters is escaped.</summary>
    internal static string Escape(string segment) => Uri.EscapeDataString(segment);

    /// <summary>Method, address and body, secret fields as <c>***</c>.</summary>
    internal string Describe(Uri address)
    {
        var line = $"{Method} {new Uri(address, Path)}";
        return Body is null ? line : $"{line}{Environment.NewLine}{SecretFields.Mask(Body).ToJsonString(Readable)}";
    }
}
