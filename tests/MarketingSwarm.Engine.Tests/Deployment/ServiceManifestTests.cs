using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Deployment;

namespace MarketingSwarm.Engine.Tests.Deployment;

/// <summary>A v1 file carried over to a v2 service; what is sent is held against Cloud Run's discovery document by the cmdlets' tests.</summary>
public sealed class ServiceManifestTests
{
    private const string File1 = """
        apiVersion: serving.knative.dev/v1
        kind: Service
        metadata:
          name: app
          namespace: '123'
          labels: {team: data, cloud.googleapis.com/location: us-central1}
          annotations:
            run.googleapis.com/ingress: internal
            serving.knative.dev/creator: somebody
        spec:
          template:
            metadata:
              name: app-00007-abc
              annotations:
                run.googleapis.com/cloudsql-instances: p:r:a,p:r:b
                run.googleapis.com/cpu-throttling: 'false'
                autoscaling.knative.dev/maxScale: '4'
                run.googleapis.com/network-interfaces: '[{"network":"default","subnetwork":"default"}]'
                run.googleapis.com/vpc-access-egress: private-ranges-only
            spec:
              containerConcurrency: 40
              timeoutSeconds: 60
              serviceAccountName: app@p.iam.gserviceaccount.com
              containers:
              - image: img
                ports:
                - containerPort: 9000
                env:
                - name: A
                  value: '1'
                - name: DB_PASS
                  valueFrom:
                    secretKeyRef: {name: db-pass, key: latest}
                resources:
                  limits: {cpu: '2', memory: 1Gi}
                startupProbe:
                  tcpSocket: {port: 9000}
          traffic:
          - percent: 100
            latestRevision: true
        status:
          url: https://x
        """;

    [Fact]
    public void EverySettingIsCarriedOver()
    {
        var service = new JsonObject();
        Read(File1).ApplyTo(service, image: null);
        var wanted = JsonNode.Parse("""
            {"labels":{"team":"data"},"ingress":"INGRESS_TRAFFIC_INTERNAL_ONLY",
             "template":{"maxInstanceRequestConcurrency":40,"timeout":"60s","serviceAccount":"app@p.iam.gserviceaccount.com",
              "containers":[{"image":"img","ports":[{"containerPort":9000}],"startupProbe":{"tcpSocket":{"port":9000}},
                "env":[{"name":"A","value":"1"},{"name":"DB_PASS","valueSource":{"secretKeyRef":{"secret":"db-pass","version":"latest"}}}],
                "resources":{"limits":{"cpu":"2","memory":"1Gi"},"cpuIdle":false},"volumeMounts":[{"name":"cloudsql","mountPath":"/cloudsql"}]}],
              "volumes":[{"name":"cloudsql","cloudSqlInstance":{"instances":["p:r:a","p:r:b"]}}],
              "scaling":{"maxInstanceCount":4},"vpcAccess":{"networkInterfaces":[{"network":"default","subnetwork":"default"}],"egress":"PRIVATE_RANGES_ONLY"}}}
            """);
        Assert.True(JsonNode.DeepEquals(wanted, service), service.ToJsonString());
    }

    [Fact]
    public void WhatTheFileDoesNotMentionStays()
    {
        var service = JsonNode.Parse("""
            {"futureField":1,"labels":{"mine":"x"},
             "template":{"revision":"app-00001","sessionAffinity":true,"newThing":{"a":1},
              "containers":[{"image":"old","env":[{"name":"KEPT","value":"k"},{"name":"A","value":"0"}],"livenessProbe":{"grpc":{"port":1}}}],
              "volumes":[{"name":"other","emptyDir":{"medium":"MEMORY"}}]}}
            """)!.AsObject();
        Read(File1).ApplyTo(service, "img:2");
        Assert.Equal("1", $"{service["futureField"]}");
        Assert.Equal("x", $"{service["labels"]!["mine"]}");
        var template = service["template"]!;
        Assert.Null(template["revision"]);
        Assert.Equal("1", $"{template["newThing"]!["a"]}");
        var container = template["containers"]!.AsArray().Single()!;
        Assert.Equal("img:2", $"{container["image"]}");
        Assert.Equal(["KEPT=k", "A=1", "DB_PASS="], container["env"]!.AsArray().Select(variable => $"{variable!["name"]}={variable["value"]}"));
        Assert.NotNull(container["livenessProbe"]);
        Assert.Equal(["other", "cloudsql"], template["volumes"]!.AsArray().Select(volume => $"{volume!["name"]}"));
    }

    [Theory]
    [InlineData("namespace: '123'", "finalizers: [x]", "ServiceFieldUnknown", "metadata.finalizers")]
    [InlineData("timeoutSeconds: 60", "nodeSelector: {a: b}", "ServiceFieldUnknown", "spec.template.spec.nodeSelector")]
    [InlineData("run.googleapis.com/cpu-throttling: 'false'", "run.googleapis.com/new-thing: 'x'", "ServiceFieldUnknown", "run.googleapis.com/new-thing")]
    [InlineData("run.googleapis.com/cpu-throttling: 'false'", "run.googleapis.com/cpu-throttling: 'off'", "ServiceFieldInvalid", "'off'")]
    [InlineData("timeoutSeconds: 60", "timeoutSeconds: soon", "ServiceFieldInvalid", "'soon'")]
    [InlineData("percent: 100", "percent: 90", "ServiceFieldUnknown", "spec.traffic")]
    [InlineData("run.googleapis.com/ingress: internal", "run.googleapis.com/cloudsql-instances: p:r:a", "ServiceFieldInvalid", "where Cloud Run ignores it")]
    [InlineData("kind: Service", "kind: Job", "NotAServiceFile", "Job")]
    [InlineData("secretKeyRef: {name: db-pass, key: latest}", "configMapKeyRef: {name: c, key: k}", "ServiceFieldUnknown", "configMapKeyRef")]
    [InlineData("secretKeyRef: {name: db-pass, key: latest}", "secretKeyRef: {name: db-pass}", "ServiceFieldInvalid", "its version as key")]
    public void WhatIsNotCarriedOverIsAnErrorThatNamesIt(string from, string to, string id, string part)
    {
        Assert.Contains(from, File1, StringComparison.Ordinal);
        var error = Assert.Throws<SwarmConfigurationException>(() => Read(File1.Replace(from, to, StringComparison.Ordinal)));
        Assert.Equal(id, error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static ServiceManifest Read(string text)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("service.yaml"), text);
        return ServiceManifest.Read(folder.File("service.yaml"));
    }
}
