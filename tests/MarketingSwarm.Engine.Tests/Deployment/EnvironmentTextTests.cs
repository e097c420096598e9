using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Deployment;

namespace MarketingSwarm.Engine.Tests.Deployment;

/// <summary>What is written into a <c>.env</c> file comes back from python-dotenv, which the application reads it with.</summary>
public sealed class EnvironmentTextTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("p$HOME")]
    [InlineData("${HOME}")]
    [InlineData("a${X:-y}b${Z}")]
    [InlineData("$$ $")]
    [InlineData("it's")]
    [InlineData("\"quoted\"")]
    [InlineData("'\"`")]
    [InlineData("a#b # c")]
    [InlineData("back\\slash\\n \\' \\")]
    [InlineData(" lead and trail ")]
    [InlineData("ünï ☕")]
    [InlineData("a=b=c")]
    [InlineData("p@ss:w/o?r%d&+")]
    [InlineData("tab\there")]
    public void PythonDotenvReadsBackWhatWasSet(string value)
    {
        var file = new EnvironmentText("# mine\nOLD=stays\nexport NAME=\"before\" # note\n");
        file.Set("NAME", value);
        file.Set("ADDED", value);

        var read = Read(file.Text);

        Assert.Equal(value, $"{read["NAME"]}");
        Assert.Equal(value, $"{read["ADDED"]}");
        Assert.Equal("stays", $"{read["OLD"]}");
        Assert.StartsWith("# mine\nOLD=stays\nexport NAME=", file.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLineThatCountsIsTheOneThatIsChanged()
    {
        var file = new EnvironmentText("A=1\r\nA=2\r\nB=3");
        file.Set("A", "4");
        file.Comment("note");
        file.Comment("note");
        Assert.Equal("A=1\r\nA=4\r\nB=3\r\n# note\r\n", file.Text);
        Assert.Equal("4", $"{Read(file.Text)["A"]}");
    }

    private static JsonNode Read(string text)
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "dotenv"));
        Assert.SkipWhen(python is null, "No python3 here has dotenv (Debian: python3-dotenv).");
        using var folder = new TempFolder();
        File.WriteAllText(folder.File(".env"), text);
        var result = Programs.Run(python!, ["-c", "import json, sys, dotenv; json.dump(dotenv.dotenv_values(sys.argv[1]), sys.stdout)", folder.File(".env")]);
        Assert.True(result.ExitCode == 0, result.Error);
        return JsonNode.Parse(result.Output)!;
    }
}
