using MarketingSwarm.Engine.Migration;
using static MarketingSwarm.Engine.Tests.Migration.Plans;

namespace MarketingSwarm.Engine.Tests.Migration;

public sealed class PlanFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(HazardShape.Plan)]
    [InlineData(HazardShape.Untyped)]
    [InlineData(HazardShape.WithoutRowId)]
    public void APlanComesBackAsItWasSaved(HazardShape shape)
    {
        HazardFile.Create(_folder.File("app.db"), shape);
        foreach (var policy in (ConversionPolicy[])[ConversionPolicy.Default, new() { OnInvalidText = InvalidTextAction.Latin1, OnNullKey = NullKeyAction.Generate }])
        {
            var plan = Measure(_folder.File("app.db"), new PlanOptions { Policy = policy }).Plan;
            PlanFile.Write(plan, _folder.File("plan.json"), replace: true);
            PlanFile.Write(PlanFile.Read(_folder.File("plan.json")), _folder.File("again.json"), replace: true);

            Assert.Equal(File.ReadAllText(_folder.File("plan.json")), File.ReadAllText(_folder.File("again.json")));
            Assert.Equal(plan.Rules, PlanFile.Read(_folder.File("plan.json")).Rules);
            PlanFit.Check(PlanFile.Read(_folder.File("plan.json")), plan);
        }

        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("plan.json")));
        Assert.Equal("PlanFileExists", Assert.Throws<SwarmConfigurationException>(() => PlanFile.Write(Measure(_folder.File("app.db")).Plan, _folder.File("plan.json"), replace: false)).ErrorId);
    }

    [Fact]
    public void WhatAPersonEditsIsWhatIsApproved()
    {
        var path = Create(_folder, Row("'a'", "1750272605", "'2025-06-18T18:50:05Z'") + Row("'b'", "'2025-06-18 18:50:05.000001'", query: "CAST(x'610062' AS TEXT)") + Row("NULL"));
        Save(path);
        Edit("\"onNul\": \"Quarantine\"", "\"onNul\": \"Strip\"");
        Edit("\"onNullKey\": \"Quarantine\"", "\"onNullKey\": \"generate\"");
        Edit("\"approvedUnits\": []", "\"approvedUnits\": [\"EpochSeconds\"]");

        var edited = PlanFile.Read(_folder.File("plan.json"));

        Assert.Equal((NulAction.Strip, NullKeyAction.Generate), (edited.Policy.OnNul, edited.Policy.OnNullKey));
        Assert.Contains("created_at: TimestampNumber, Converted: 1", edited.Rules.Select(rule => rule.ToString()));
        Assert.Contains("id: KeyGenerated, Converted: 1", edited.Rules.Select(rule => rule.ToString()));
        Assert.Contains("user_query: NulCharacter, Converted: 1", edited.Rules.Select(rule => rule.ToString()));
        Assert.Equal((0, 0), (edited.RowsQuarantined, edited.ExitCode));
        PlanFit.Check(edited, Measure(path, PlanOptions.From(edited)).Plan);
    }

    [Theory]
    [InlineData("\"onNul\": \"Quarantine\"", "\"onNull\": \"Quarantine\"", "onNull", "onNul, onInvalidText")]
    [InlineData("\"onNul\": \"Quarantine\"", "\"onNul\": \"Drop\"", "onNul", "Quarantine, Strip, Replace, Base64")]
    [InlineData("\"onNul\": \"Quarantine\"", "\"onNul\": 1", "onNul", "Quarantine, Strip, Replace, Base64")]
    [InlineData("\"form\": \"Application\"", "\"form\": \"Offset\"", "columns[4].form", "IsoUtcMilliseconds")]
    [InlineData("\"form\": \"Application\"", "\"form\": null", "columns[4].form", "IsoUtcMilliseconds")]
    [InlineData("\"approvedUnits\": []", "\"approvedUnits\": [\"NoFraction\"]", "columns[4].approvedUnits", "EpochSeconds, EpochMilliseconds, EpochMicroseconds, JulianDay")]
    [InlineData("\"approvedUnits\": []", "\"approvedUnits\": \"EpochSeconds\"", "approvedUnits", "a list is expected")]
    [InlineData("\"rows\": 3", "\"rows\": \"three\"", "rows", "a whole number is expected")]
    [InlineData("\"rows\": 3", "\"rows\": 3, \"rows\": 4", "rows", "")]
    [InlineData("\"column\": \"status\"", "\"column\": \"state\"", "column", "user_query, status")]
    [InlineData("\"column\": \"status\"", "\"column\": \"user_id\"", "columns", "in this order")]
    [InlineData("\"planVersion\": 1", "\"planVersion\": 2", "planVersion", "1 is expected")]
    [InlineData("CREATE TABLE", "CREATE  TABLE", "definitionSha256", "not meant to be edited")]
    [InlineData("\"sample\": \"2025", "\"sample\": \"x2025", "sample", "a Text of the form")]
    [InlineData("\"encoding\": \"UTF-8\",", "", "$", "encoding")]
    [InlineData("\"isConsistent\": true,", "\"isConsistent\": true", "$", "")]
    public void WhatIsWrongInAFileIsNamedWithItsPlace(string text, string replacement, string property, string expected)
    {
        Save(Create(_folder, Row("'a'", "'2025-06-18 18:50:05.000001'") + Row("'b'") + Row("'c'")));
        var line = File.ReadLines(_folder.File("plan.json")).TakeWhile(candidate => !candidate.Contains(text, StringComparison.Ordinal)).Count() + 1;
        Edit(text, replacement);

        var error = Assert.Throws<SwarmConfigurationException>(() => PlanFile.Read(_folder.File("plan.json")));

        Assert.Equal("PlanFileInvalid", error.ErrorId);
        Assert.Contains(property, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        if (property is not ("$" or "columns" or "definitionSha256")) Assert.Contains($"line {line}, ", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.RecommendedAction);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\0")]
    public void AFileThatIsNoPlanIsNamed(string content)
    {
        File.WriteAllText(_folder.File("plan.json"), content);

        Assert.Equal("PlanFileInvalid", Assert.Throws<SwarmConfigurationException>(() => PlanFile.Read(_folder.File("plan.json"))).ErrorId);
        Assert.Equal("PlanFileNotFound", Assert.Throws<SwarmConfigurationException>(() => PlanFile.Read(_folder.File("none.json"))).ErrorId);
    }

    private void Save(string path) => PlanFile.Write(Measure(path).Plan, _folder.File("plan.json"), replace: false);

    private void Edit(string text, string replacement)
    {
        var json = File.ReadAllText(_folder.File("plan.json"));
        var start = json.IndexOf(text, StringComparison.Ordinal);
        Assert.True(start >= 0, json);
        File.WriteAllText(_folder.File("plan.json"), json[..start] + replacement + json[(start + text.Length)..]);
    }
}
