using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

public sealed class CloudSettingsTests
{
    private static readonly CloudOptions Token = new() { AccessToken = CloudTest.Token };

    [Fact]
    public void EachSourceGoesBeforeTheNext()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("configurations"));
        File.WriteAllText(folder.File("configurations/config_default"), "[core]\nproject = of-gcloud\n[compute]\nregion = region-of-gcloud\n");
        File.WriteAllText(folder.File("key.json"), """{"type":"service_account","project_id":"of-the-key","client_email":"a@example.com"}""");
        var gcloud = ("CLOUDSDK_CONFIG", folder.Path);
        var key = ("GOOGLE_APPLICATION_CREDENTIALS", folder.File("key.json"));
        var variable = ("GOOGLE_CLOUD_PROJECT", "of-the-environment");

        Assert.Equal(("of-the-parameter", "-Project"), Project(new CloudOptions { Project = "of-the-session" }, "of-the-parameter", gcloud, key, variable));
        Assert.Equal(("of-the-session", "Set-SwarmContext"), Project(new CloudOptions { Project = "of-the-session" }, null, gcloud, key, variable));
        Assert.Equal(("of-the-environment", "environment variable GOOGLE_CLOUD_PROJECT"), Project(new CloudOptions(), null, gcloud, key, variable));
        Assert.Equal(("of-gcloud", folder.File("configurations/config_default") + ", core/project"), Project(new CloudOptions(), null, gcloud, key));
        Assert.Equal(("of-the-key", "environment variable GOOGLE_APPLICATION_CREDENTIALS"), Project(new CloudOptions(), null, key));
        Assert.Equal((null, "not set"), Project(Token, null));
        Assert.Equal(("region-of-gcloud", folder.File("configurations/config_default") + ", compute/region"), Origin(CloudSettings.Resolve(Token, null, null, CloudTest.Variables(gcloud)), "Region"));

        static (string?, string) Project(CloudOptions options, string? parameter, params (string, string?)[] environment)
            => Origin(CloudSettings.Resolve(options, parameter, null, CloudTest.Variables(environment)), "Project");
    }

    [Fact]
    public void WhatIsNotKnownIsAnErrorWithAnAction()
    {
        var settings = CloudTest.Settings();

        Assert.Equal("ProjectNotKnown", Assert.Throws<SwarmConfigurationException>(settings.RequireProject).ErrorId);
        Assert.Equal("RegionNotKnown", Assert.Throws<SwarmConfigurationException>(settings.RequireRegion).ErrorId);
    }

    [Fact]
    public void OneAddressServesAllApis()
    {
        var settings = CloudTest.Settings(Token, ("SWARM_GOOGLE_ENDPOINT", "http://127.0.0.1:9020"), ("CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL", "https://elsewhere.example/"));

        Assert.All(GoogleApi.All, api => Assert.Equal("http://127.0.0.1:9020/", settings.GetAddress(api).ToString()));
    }

    [Fact]
    public void OneApiMayHaveAnotherAddress()
    {
        var settings = CloudTest.Settings(Token, ("CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL", "https://sql.example/base"));

        Assert.Equal("https://sql.example/base/", settings.GetAddress(GoogleApi.CloudSqlAdmin).ToString());
        Assert.Equal("https://secretmanager.googleapis.com/", settings.GetAddress(GoogleApi.SecretManager).ToString());
    }

    [Theory]
    [InlineData("http://10.0.0.1:9020", "EndpointNotEncrypted")]
    [InlineData("http://example.com", "EndpointNotEncrypted")]
    [InlineData("http://sqladmin.googleapis.com", "EndpointNotEncrypted")]
    [InlineData("http://localhost.example.com", "EndpointNotEncrypted")]
    [InlineData("http://127.0.0.1.example.com", "EndpointNotEncrypted")]
    [InlineData("http://[2001:db8::1]/", "EndpointNotEncrypted")]
    [InlineData("http://0.0.0.0:9020", "EndpointNotEncrypted")]
    [InlineData("ftp://example.com", "EndpointMalformed")]
    [InlineData("file:///etc/passwd", "EndpointMalformed")]
    [InlineData("https://user:hunter2@example.com", "EndpointMalformed")]
    [InlineData("https://user@sqladmin.googleapis.com", "EndpointMalformed")]
    [InlineData("https://example.com/?x=1", "EndpointMalformed")]
    [InlineData("https://example.com/#x", "EndpointMalformed")]
    [InlineData("127.0.0.1:9020", "EndpointMalformed")]
    [InlineData("nonsense", "EndpointMalformed")]
    public void AnAddressThatNothingShouldGoToIsRefused(string address, string id)
    {
        var error = Assert.Throws<SwarmConfigurationException>(() => CloudTest.Settings(Token, ("SWARM_GOOGLE_ENDPOINT", address)));

        Assert.Equal(id, error.ErrorId);
        Assert.Contains("SWARM_GOOGLE_ENDPOINT", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", $"{error.Message} {error.Target}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9020")]
    [InlineData("http://127.0.3.4")]
    [InlineData("http://localhost:1")]
    [InlineData("http://[::1]:9020")]
    [InlineData("https://example.com")]
    public void LoopbackAndHttpsAreTaken(string address)
        => Assert.NotNull(CloudTest.Settings(Token, ("SWARM_GOOGLE_ENDPOINT", address)).Endpoint);

    [Theory]
    [InlineData("https://sqladmin.googleapis.com/v1", true)]
    [InlineData("https://SQLADMIN.GOOGLEAPIS.COM", true)]
    [InlineData("https://secretmanager.us-central1.rep.googleapis.com", true)]
    [InlineData("http://sqladmin.googleapis.com", false)]
    [InlineData("https://sqladmin.googleapis.com:8443", false)]
    [InlineData("https://googleapis.com", false)]
    [InlineData("https://evilgoogleapis.com", false)]
    [InlineData("https://googleapis.com.evil.example", false)]
    [InlineData("https://sqladmin.googleapis.com.evil.example", false)]
    [InlineData("https://sqladmin.googleapis.com@evil.example", false)]
    [InlineData("https://sqladmin.googleapis.com%2eevil.example", false)]
    [InlineData("https://evil.example/sqladmin.googleapis.com", false)]
    [InlineData("https://evil.example#.googleapis.com", false)]
    [InlineData("https://evil.example?.googleapis.com", false)]
    [InlineData("https://evil.example\\.googleapis.com", false)]
    [InlineData("https://127.0.0.1", false)]
    public void OnlyGooglesOwnAddressesAreGoogles(string address, bool isGoogle)
        => Assert.Equal(isGoogle, Uri.TryCreate(address, UriKind.Absolute, out var uri) && CloudSettings.IsGoogle(uri));

    private static (string?, string) Origin(CloudSettings settings, string part)
    {
        var origin = settings.Origins.Single(one => one.Setting == part);
        return (origin.Value, origin.Origin);
    }
}
