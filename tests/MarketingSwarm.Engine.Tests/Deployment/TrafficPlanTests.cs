using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.Run;

namespace MarketingSwarm.Engine.Tests.Deployment;

public sealed class TrafficPlanTests
{
    [Theory]
    [InlineData("c", 10, "c=10 a=63 b=27")]
    [InlineData("c", 100, "c=100")]
    [InlineData("a", 1, "a=1 b=99")]
    [InlineData("c", 33, "c=33 a=47 b=20")]
    public void TheOthersDivideTheRestAsBeforeAndTheSumIsAHundred(string revision, int percent, string wanted)
    {
        var traffic = TrafficPlan.Shift(Service(("a", 70), ("b", 30)), revision, percent)!;
        Assert.Equal(wanted, string.Join(' ', traffic.Select(target => $"{target!["revision"]}={target["percent"]}")));
        Assert.Equal(100, traffic.Sum(target => (int)target!["percent"]!));
    }

    [Fact]
    public void WithoutAnotherRevisionAShareIsNotPossible()
    {
        Assert.Null(TrafficPlan.Shift(Service(("a", 100)), "a", 50));
        Assert.NotNull(TrafficPlan.Shift(Service(("a", 100)), "a", 100));
    }

    [Fact]
    public void TagsOutliveTheDivision()
    {
        var service = Service(("a", 100));
        service["traffic"] = JsonNode.Parse("""[{"type":"T","revision":"a","percent":100},{"type":"T","revision":"b","percent":0,"tag":"old"}]""");
        Assert.Contains(TrafficPlan.AllToLatest(service), target => $"{target!["tag"]}" == "old" && (int)target["percent"]! == 0);
        var pinned = TrafficPlan.Pinned(service, "new");
        Assert.Equal(["a 100 ", "b 0 old", " 0 new"], pinned.Select(target => $"{target!["revision"]} {target["percent"]} {target["tag"]}"));
    }

    private static JsonObject Service(params (string Name, int Percent)[] shares) => new()
    {
        ["latestReadyRevision"] = "projects/p/locations/r/services/s/revisions/a",
        ["trafficStatuses"] = new JsonArray([.. shares.Select(share => (JsonNode)new JsonObject { ["revision"] = share.Name, ["percent"] = share.Percent })]),
    };
}
