using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Identity;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

public sealed class CredentialChoiceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EachSourceGoesBeforeTheNext()
    {
        var session = Write("session.json", """{"type":"service_account","client_email":"session@example.com"}""");
        var named = Write("named.json", """{"type":"service_account","client_email":"named@example.com"}""");
        Write("application_default_credentials.json", """{"type":"authorized_user","account":"login@example.com"}""");
        var token = ("SWARM_ACCESS_TOKEN", "from-the-environment");
        var file = ("GOOGLE_APPLICATION_CREDENTIALS", named);

        Assert.Equal((CredentialKind.AccessToken, "given"), Kind(Find(new CloudOptions { AccessToken = "given", CredentialFile = session }, token, file)));
        Assert.Equal((CredentialKind.File, null), Kind(Find(new CloudOptions { CredentialFile = session }, token, file)));
        Assert.Equal((CredentialKind.AccessToken, "from-the-environment"), Kind(Find(new CloudOptions(), token, file)));
        Assert.Contains("named@example.com", Find(new CloudOptions(), file).Description, StringComparison.Ordinal);
        Assert.Contains("login@example.com", Find(new CloudOptions()).Description, StringComparison.Ordinal);
        File.Delete(_folder.File("application_default_credentials.json"));
        Assert.Equal(CredentialKind.MetadataServer, Find(new CloudOptions()).Kind);

        static (CredentialKind, string?) Kind(CredentialChoice choice) => (choice.Kind, choice.AccessToken);
    }

    [Theory]
    [InlineData("service_account", "service account a@example.com")]
    [InlineData("authorized_user", "user a@example.com")]
    [InlineData("external_account", "workload identity")]
    [InlineData("impersonated_service_account", "an impersonated service account")]
    [InlineData("external_account_authorized_user", "a workforce user's login")]
    public void EachKindOfFileIsDescribedWithoutItsContent(string type, string description)
    {
        var path = Write("c.json", $$"""{"type":"{{type}}","client_email":"a@example.com","private_key":"hunter2","refresh_token":"hunter2","client_secret":"hunter2"}""");

        var choice = Find(new CloudOptions { CredentialFile = path });

        Assert.Equal($"{description} ({path})", choice.Description);
        Assert.False(choice.MayLeaveGoogle);
        Assert.DoesNotContain("hunter2", choice.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AChoiceDoesNotShowItsToken()
        => Assert.DoesNotContain("hunter2", Find(new CloudOptions { AccessToken = "hunter2" }).ToString(), StringComparison.Ordinal);

    [Fact]
    public void OptionsDoNotShowTheirToken()
        => Assert.DoesNotContain("hunter2", new CloudOptions { AccessToken = "hunter2" }.ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("not JSON")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"type\"")]
    [InlineData("{}")]
    [InlineData("""{"type":""}""")]
    [InlineData("""{"type":"gdch_service_account_of_tomorrow"}""")]
    [InlineData("""{"type":"service_account","type":"authorized_user"}""")]
    [InlineData("""{"type":"service_account",""")]
    public void AFileThatIsNoCredentialIsRefused(string content)
    {
        var path = Write("c.json", content);

        var error = Assert.Throws<SwarmConfigurationException>(() => Find(new CloudOptions { CredentialFile = path }));

        Assert.Equal("CredentialFileUnreadable", error.ErrorId);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatWasNamedMustBeThere()
    {
        var path = _folder.File("none.json");

        Assert.Equal("CredentialFileNotFound", Assert.Throws<SwarmConfigurationException>(() => Find(new CloudOptions { CredentialFile = path })).ErrorId);
        var error = Assert.Throws<SwarmConfigurationException>(() => Find(new CloudOptions(), ("GOOGLE_APPLICATION_CREDENTIALS", path)));
        Assert.Contains("GOOGLE_APPLICATION_CREDENTIALS", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("to ken")]
    [InlineData("tok\nen")]
    [InlineData("tok\u0000en")]
    [InlineData("tokén")]
    public void ATokenThatNoHeaderHoldsIsRefused(string token)
    {
        var error = Assert.Throws<SwarmConfigurationException>(() => Find(new CloudOptions { AccessToken = token }));

        Assert.Equal("AccessTokenMalformed", error.ErrorId);
        Assert.DoesNotContain(token, $"{error.Message} {error.Target}", StringComparison.Ordinal);
    }

    [Fact]
    public void ALineEndBehindATokenIsNone() => Assert.Equal("token", Find(new CloudOptions(), ("SWARM_ACCESS_TOKEN", "token\n")).AccessToken);

    [Fact]
    public void ImpersonationIsTakenFromTheSessionThenTheEnvironment()
    {
        var file = ("GOOGLE_APPLICATION_CREDENTIALS", Write("c.json", """{"type":"service_account","client_email":"a@example.com"}"""));
        var variable = ("CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT", "env@example.com");

        Assert.Equal("env@example.com", Find(new CloudOptions(), file, variable).ImpersonateServiceAccount);
        var chosen = Find(new CloudOptions { ImpersonateServiceAccount = "session@example.com" }, file, variable);
        Assert.Equal("session@example.com", chosen.ImpersonateServiceAccount);
        Assert.StartsWith("session@example.com, impersonated by service account a@example.com", chosen.Description, StringComparison.Ordinal);
    }

    // A token that is not the impersonated account's would act as somebody else than the user asked for.
    [Fact]
    public void ATokenOfTheEnvironmentDoesNotStandForAnImpersonationThatTheSessionAskedFor()
    {
        var error = Assert.Throws<SwarmConfigurationException>(
            () => Find(new CloudOptions { ImpersonateServiceAccount = "session@example.com" }, ("SWARM_ACCESS_TOKEN", "token")));

        Assert.Equal("ImpersonationNeedsCredential", error.ErrorId);
    }

    private CredentialChoice Find(CloudOptions options, params (string, string?)[] environment)
        => CredentialChoice.Find(options, CloudTest.Variables([("CLOUDSDK_CONFIG", _folder.Path), .. environment]));

    private string Write(string name, string content)
    {
        File.WriteAllText(_folder.File(name), content);
        return _folder.File(name);
    }
}
