using System.Text.Json;

namespace MarketingSwarm.Testing;

/// <summary>
///   The two shapes of Google's errors, which no discovery document describes: the older with errors[] of reason and domain, and google.rpc's with a
///   status and typed details. Cloud SQL answers with the first, the newer APIs with the second; some answers have both.
/// </summary>
internal static class ErrorEnvelope
{
    /// <summary>google.rpc.Code, with the HTTP status that the API guidelines map each to.</summary>
    private static readonly Dictionary<string, int> StatusCodes = new()
    {
        ["CANCELLED"] = 499,
        ["UNKNOWN"] = 500,
        ["INVALID_ARGUMENT"] = 400,
        ["DEADLINE_EXCEEDED"] = 504,
        ["NOT_FOUND"] = 404,
        ["ALREADY_EXISTS"] = 409,
        ["PERMISSION_DENIED"] = 403,
        ["UNAUTHENTICATED"] = 401,
        ["RESOURCE_EXHAUSTED"] = 429,
        ["FAILED_PRECONDITION"] = 400,
        ["ABORTED"] = 409,
        ["OUT_OF_RANGE"] = 400,
        ["UNIMPLEMENTED"] = 501,
        ["INTERNAL"] = 500,
        ["UNAVAILABLE"] = 503,
        ["DATA_LOSS"] = 500,
    };

    internal static void Check(int httpStatus, JsonElement body, List<DiscoveryFinding> findings)
    {
        if (!IsObject(body, "$", ["error"]) || !body.TryGetProperty("error", out var error)
            || !IsObject(error, "$.error", ["code", "message", "status", "errors", "details"]))
        {
            if (findings.Count == 0) findings.Add(new("$.error", "An error's body has an 'error'."));
            return;
        }

        if (!error.TryGetProperty("code", out var code) || code.ValueKind != JsonValueKind.Number || !code.TryGetInt32(out var number) || number != httpStatus)
        {
            findings.Add(new("$.error.code", $"It must be the number of the HTTP status, {httpStatus}."));
        }

        IsText(error, "message", "$.error", isRequired: true);
        var hasStatus = error.TryGetProperty("status", out var status);
        var hasErrors = error.TryGetProperty("errors", out var errors);
        if (!hasStatus && !hasErrors) findings.Add(new("$.error", "It has neither 'status' nor 'errors'."));
        if (hasStatus && !(status.ValueKind == JsonValueKind.String && StatusCodes.TryGetValue(status.GetString()!, out var mapped) && mapped == httpStatus))
        {
            findings.Add(new("$.error.status", $"{status.GetRawText()} is no code of google.rpc for HTTP {httpStatus}."));
        }

        if (hasErrors) ForEach(errors, "$.error.errors", CheckLegacy);
        if (error.TryGetProperty("details", out var details)) ForEach(details, "$.error.details", CheckDetail);

        void CheckLegacy(JsonElement one, string path)
        {
            if (!IsObject(one, path, ["message", "domain", "reason", "location", "locationType", "debugInfo"])) return;
            IsText(one, "message", path, isRequired: true);
            IsText(one, "domain", path, isRequired: true);
            IsText(one, "reason", path, isRequired: true);
            IsText(one, "location", path, isRequired: false);
            IsText(one, "locationType", path, isRequired: false);
        }

        void CheckDetail(JsonElement one, string path)
        {
            if (one.ValueKind != JsonValueKind.Object)
            {
                findings.Add(new(path, "A detail is an object."));
                return;
            }

            IsText(one, "@type", path, isRequired: true);
            if (!one.TryGetProperty("@type", out var type) || type.ValueKind != JsonValueKind.String
                || type.GetString() != "type.googleapis.com/google.rpc.ErrorInfo")
            {
                return;
            }

            IsObject(one, path, ["@type", "reason", "domain", "metadata"]);
            IsText(one, "reason", path, isRequired: true);
            IsText(one, "domain", path, isRequired: true);
            if (!one.TryGetProperty("metadata", out var metadata)) return;
            if (metadata.ValueKind != JsonValueKind.Object || metadata.EnumerateObject().Any(pair => pair.Value.ValueKind != JsonValueKind.String))
            {
                findings.Add(new($"{path}.metadata", "It is an object of strings."));
            }
        }

        void ForEach(JsonElement array, string path, Action<JsonElement, string> check)
        {
            if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() == 0)
            {
                findings.Add(new(path, "It is an array of at least one."));
                return;
            }

            var index = 0;
            foreach (var item in array.EnumerateArray()) check(item, $"{path}[{index++}]");
        }

        bool IsObject(JsonElement element, string path, string[] fields)
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                findings.Add(new(path, "It is not an object."));
                return false;
            }

            foreach (var field in element.EnumerateObject().Where(field => !fields.Contains(field.Name)))
            {
                findings.Add(new($"{path}.{field.Name}", $"An error has no field '{field.Name}' here."));
            }

            return true;
        }

        void IsText(JsonElement element, string name, string path, bool isRequired)
        {
            if (!element.TryGetProperty(name, out var value))
            {
                if (isRequired) findings.Add(new($"{path}.{name}", "It is missing."));
            }
            else if (value.ValueKind != JsonValueKind.String || value.GetString()!.Length == 0)
            {
                findings.Add(new($"{path}.{name}", "It is not a text."));
            }
        }
    }
}
