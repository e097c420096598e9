using System.Text.Json;

namespace MarketingSwarm.Engine.Migration;

/// <summary>The forms in which a run's source spells the two times unless the residue says otherwise.</summary>
/// <param name="CreatedAt">Of <c>created_at</c>.</param>
/// <param name="CompletedAt">Of <c>completed_at</c>.</param>
internal readonly record struct RunForms(TimestampForm CreatedAt, TimestampForm CompletedAt)
{
    /// <summary>The application's own, which a load without a plan goes by.</summary>
    internal static RunForms Application => default;

    internal TimestampForm this[ConversationColumn column] => column == ConversationColumn.CreatedAt ? CreatedAt : CompletedAt;

    /// <summary>
    ///   Reads them from a run's plan: the <c>form</c> of the entries of <c>columns</c> whose <c>column</c> is one of the times, whatever
    ///   the case of the names. A column of which the plan does not say it has the application's.
    /// </summary>
    internal static RunForms Parse(string plan)
    {
        if (plan.Length == 0) return Application;
        using var document = JsonDocument.Parse(plan);
        var forms = Application;
        if (Find(document.RootElement, "columns") is not { ValueKind: JsonValueKind.Array } columns) return forms;
        foreach (var entry in columns.EnumerateArray())
        {
            if (Find(entry, "column")?.GetString() is not { } name || !ConversationTable.TryFind(name, out var column)) continue;
            if (Find(entry, "form") is not { ValueKind: JsonValueKind.String } form) continue;
            var value = Enum.Parse<TimestampForm>(form.GetString()!, ignoreCase: true);
            if (column == ConversationColumn.CreatedAt) forms = forms with { CreatedAt = value };
            else if (column == ConversationColumn.CompletedAt) forms = forms with { CompletedAt = value };
        }

        return forms;
    }

    private static JsonElement? Find(JsonElement parent, string name)
    {
        if (parent.ValueKind != JsonValueKind.Object) return null;
        foreach (var property in parent.EnumerateObject())
        {
            if (string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase)) return property.Value;
        }

        return null;
    }
}
