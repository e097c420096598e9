using System.Text;
using MarketingSwarm.Engine.Migration.Cutover;

namespace MarketingSwarm.Engine.Tests.Migration.Cutover;

public sealed class LateMergeTests
{
    private const string First = """{"agent": "sarah", "response": "caf\u00e9", "timestamp": "2025-06-18T18:50:05.000001"}""";
    private const string Second = """{"agent": "marcus", "response": "two", "timestamp": "2025-06-18T18:50:06.000001"}""";
    private const string Third = """{"agent": "elena", "response": "three", "timestamp": "2025-06-18T18:50:07.000001"}""";

    [Theory]
    // One side alone.
    [InlineData($"[{First}]", $"[{First}, {Second}]", $"[{First}]", $"[{First}, {Second}]")]
    [InlineData($"[{First}]", $"[{First}]", $"[{First}, {Second}]", null)]
    // Both, in the order of time whichever side was first.
    [InlineData($"[{First}]", $"[{First}, {Third}]", $"[{First}, {Second}]", $"[{First}, {Second}, {Third}]")]
    [InlineData($"[{First}]", $"[{First}, {Second}]", $"[{First}, {Third}]", $"[{First}, {Second}, {Third}]")]
    [InlineData(null, $"[{First}]", $"[{Second}]", $"[{First}, {Second}]")]
    [InlineData("[]", $"[{Second}]", $"[{First},{Second}]", $"[{First}, {Second}]")]
    public void AnswersOfBothSidesAreJoined(string? before, string? old, string? current, string? merged)
    {
        var conflicts = new List<ConversationColumn>();
        var changes = Merge(before, old, current, conflicts);

        Assert.Empty(conflicts);
        Assert.Equal(merged, changes.TryGetValue(ConversationColumn.AgentResponses, out var value) ? Encoding.UTF8.GetString(value!) : null);
    }

    [Theory]
    [InlineData($"[{First}]", "gone", $"[{First}, {Second}]")]
    [InlineData($"[{First}]", $"[{First}, 1]", $"[{First}, {Second}]")]
    [InlineData("[]", """[{"agent": "sarah", "response": "one", "timestamp": "t"}]""", """[{"agent": "sarah", "response": "another", "timestamp": "t"}]""")]
    [InlineData($"[{First}]", null, $"[{First}, {Second}]", false)]
    public void WhatCannotBeJoinedIsAConflict(string? before, string? old, string? current, bool isConflict = true)
    {
        var conflicts = new List<ConversationColumn>();
        var changes = Merge(before, old, current, conflicts);

        Assert.Equal(isConflict ? [ConversationColumn.AgentResponses] : [], conflicts);
        Assert.Empty(changes);
    }

    [Fact]
    public void AColumnThatOneSideHasChangedIsTakenAndOneThatBothHaveIsAConflict()
    {
        byte[]?[] before = [.. Enumerable.Repeat<byte[]?>(null, 10)], old = [.. before], current = [.. before];
        before[0] = old[0] = current[0] = "k"u8.ToArray();
        old[(int)ConversationColumn.Status] = "completed"u8.ToArray();
        current[(int)ConversationColumn.TotalCost] = new byte[8];
        old[(int)ConversationColumn.ErrorMessage] = "old"u8.ToArray();
        current[(int)ConversationColumn.ErrorMessage] = "new"u8.ToArray();
        old[(int)ConversationColumn.UserId] = current[(int)ConversationColumn.UserId] = "same"u8.ToArray();
        var conflicts = new List<ConversationColumn>();

        var changes = LateMerge.Merge(before, old, current, conflicts);

        Assert.Equal([ConversationColumn.Status], changes.Keys);
        Assert.Equal([ConversationColumn.ErrorMessage], conflicts);
    }

    private static Dictionary<ConversationColumn, byte[]?> Merge(string? before, string? old, string? current, List<ConversationColumn> conflicts)
        => LateMerge.Merge(ToFields(before), ToFields(old), ToFields(current), conflicts);

    private static byte[]?[] ToFields(string? answers)
    {
        var fields = new byte[]?[10];
        fields[0] = "k"u8.ToArray();
        fields[(int)ConversationColumn.AgentResponses] = answers is null ? null : Encoding.UTF8.GetBytes(answers);
        return fields;
    }
}
