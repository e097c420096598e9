using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Secrets;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

/// <summary>A grant adds one member and keeps all else.</summary>
public sealed class SecretGrantsTests
{
    private const string App = "serviceAccount:app@p.iam.gserviceaccount.com";

    [Fact]
    public async Task WhatAnotherWroteMeanwhileIsKept()
    {
        var policy = JsonNode.Parse(
            """
            {"version":1,"etag":"A","unknown":{"kept":true},"bindings":[
              {"role":"roles/secretmanager.secretAccessor","members":["user:c@example.com"],"condition":{"title":"t","expression":"true"}},
              {"role":"roles/viewer","members":["user:v@example.com"]}]}
            """)!.AsObject();
        var writes = 0;
        var transport = new ScriptedGoogle((line, body) =>
        {
            if (line.StartsWith("GET ", StringComparison.Ordinal)) return (200, policy.ToJsonString());
            if (writes++ == 0)
            {
                policy["etag"] = "B";
                policy["bindings"]!.AsArray().Add(new JsonObject { ["role"] = "roles/secretmanager.secretAccessor", ["members"] = new JsonArray("user:other@example.com") });
            }

            if ($"{body!["policy"]!["etag"]}" != $"{policy["etag"]}") return (409, ScriptedGoogle.Error(409, "ABORTED"));
            policy = body["policy"]!.DeepClone().AsObject();
            policy["etag"] = "C";
            return (200, policy.ToJsonString());
        });
        using var api = transport.CreateClient();

        Assert.Equal(CloudAction.Created, await SecretGrants.EnsureAsync(api, "p", "s", App, TestContext.Current.CancellationToken));

        Assert.Equal(2, writes);
        Assert.True((bool)policy["unknown"]!["kept"]!);
        Assert.Equal(3, (int)policy["version"]!);
        var bindings = policy["bindings"]!.AsArray();
        Assert.Equal(3, bindings.Count);
        Assert.Equal("""["user:c@example.com"]""", bindings[0]!["members"]!.ToJsonString());
        Assert.Equal("true", $"{bindings[0]!["condition"]!["expression"]}");
        Assert.Equal($"""["user:other@example.com","{App}"]""", bindings[2]!["members"]!.ToJsonString());

        Assert.Equal(CloudAction.Present, await SecretGrants.EnsureAsync(api, "p", "s", App.Replace("app@", "APP@", StringComparison.Ordinal), TestContext.Current.CancellationToken));
        Assert.Equal(2, writes);
    }

    [Theory]
    [InlineData("user:a@example.com")]
    [InlineData("group:ops@example.com")]
    [InlineData("domain:example.com")]
    [InlineData("serviceAccount:p.svc.id.goog[ns/account]")]
    [InlineData("principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/x")]
    public void MembersOfEveryFormAreTaken(string member) => IamGrants.RequireMember(member);

    [Theory]
    [InlineData("app@p.iam.gserviceaccount.com")]
    [InlineData("allUsers")]
    [InlineData("user:")]
    [InlineData("user:a b@example.com")]
    [InlineData("User:a@example.com")]
    public void OthersAreNot(string member)
        => Assert.Equal("MemberMalformed", Assert.Throws<SwarmConfigurationException>(() => IamGrants.RequireMember(member)).ErrorId);
}
