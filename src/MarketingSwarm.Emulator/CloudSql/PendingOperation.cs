using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>What an operation is to do: enough to do it again after a crash, but for a password.</summary>
/// <param name="Id">The instance.</param>
/// <param name="Type">The API's operation type, for example <c>CREATE_DATABASE</c>.</param>
/// <param name="Arguments">What the type wants to know; no secret.</param>
/// <param name="WantsPassword">Whether it cannot be done without the password that it was given.</param>
internal sealed record PendingOperation(ClusterId Id, string Type, JsonObject Arguments, bool WantsPassword = false)
{
    public static PendingOperation Parse(JsonObject intent)
        => new(
            new ClusterId(intent["project"]!.GetValue<string>(), intent["instance"]!.GetValue<string>()), intent["type"]!.GetValue<string>(),
            intent["arguments"]!.DeepClone().AsObject(), intent["wantsPassword"]!.GetValue<bool>());

    /// <summary>A text of the arguments; null when it is absent.</summary>
    public string? Text(string name) => Arguments[name]?.GetValue<string>();

    public JsonObject ToJson() => new()
    {
        ["project"] = Id.Project, ["instance"] = Id.Instance, ["type"] = Type, ["arguments"] = Arguments.DeepClone(), ["wantsPassword"] = WantsPassword,
    };
}
