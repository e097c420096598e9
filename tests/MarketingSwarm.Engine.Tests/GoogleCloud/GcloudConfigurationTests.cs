using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

public sealed class GcloudConfigurationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public GcloudConfigurationTests()
    {
        Directory.CreateDirectory(_folder.File("configurations"));
        Write("configurations/config_default", "[core]\naccount = a@example.com\nproject = from-default\n\n[compute]\nregion = europe-west1\n");
        Write("configurations/config_work", "# a comment\n; another\n[ core ]\r\nproject=from-work\r\nbroken line\n=\n[compute]\nREGION = us-east1\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheDefaultIsUsedWhereNothingSaysOtherwise()
    {
        var configuration = Read();

        Assert.Equal(("from-default", "europe-west1", null), (configuration["core/project"], configuration["compute/region"], configuration["core/none"]));
        Assert.Equal(_folder.File("configurations/config_default"), configuration.Path);
    }

    [Fact]
    public void ActiveConfigSaysWhich()
    {
        Write("active_config", "work\n");

        var configuration = Read();

        Assert.Equal(("from-work", "us-east1"), (configuration["core/project"], configuration["compute/region"]));
    }

    [Fact]
    public void TheVariableGoesBeforeActiveConfig()
    {
        Write("active_config", "default");

        Assert.Equal("from-work", Read(("CLOUDSDK_ACTIVE_CONFIG_NAME", "work"))["core/project"]);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("   \n")]
    public void ANameThatLeadsElsewhereIsNotFollowed(string name)
    {
        Write("active_config", name);

        Assert.Equal("from-default", Read()["core/project"]);
    }

    [Fact]
    public void WithoutGcloudThereIsNothing()
    {
        var configuration = GcloudConfiguration.Read(CloudTest.Variables(("CLOUDSDK_CONFIG", _folder.File("none"))));

        Assert.Null(configuration["core/project"]);
    }

    [Fact]
    public void TheUsersFolderIsUnderHome()
        => Assert.Equal(
            Path.Combine("/home/somebody", ".config", "gcloud"),
            GcloudConfiguration.GetFolder(name => name == "HOME" ? "/home/somebody" : null));

    private GcloudConfiguration Read(params (string, string?)[] more) => GcloudConfiguration.Read(CloudTest.Variables([("CLOUDSDK_CONFIG", _folder.Path), .. more]));

    private void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);
}
