using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Deployment;

namespace MarketingSwarm.Engine.Tests.Deployment;

/// <summary>A YAML file is changed where it has to be; what it means then is read by PyYAML.</summary>
public sealed class YamlTextTests
{
    private const string Text = """
        # The first line stays.
        a: 1   # one
        list:
          - name: first
            value: "x"   # x

          # about the second
          - name: second
            value: |
              two
              lines
        flow: {k: v, l: [1, 2], e: { # ]}
          }}
        empty:
        deep:
            four:
                five: yes it is
        last: end
        """;

    [Fact]
    public void WhatIsSetIsReadBackAndTheRestStays()
    {
        var yaml = YamlText.Parse("f", Text);
        yaml.Set("2", "a");
        yaml.Set("changed: #1", "list", new YamlText.Named("name", "first"), "value");
        yaml.Set("new", "list", new YamlText.Named("name", "third"), "value");
        yaml.Set("one", "list", new YamlText.Named("name", "second"), "value");
        yaml.Set("w", "flow", "k");
        yaml.Set("m", "flow", "n", "o");
        yaml.Set(new JsonArray(new JsonArray(4)), "flow", "l");
        yaml.Set(5, "flow", "e", "f");
        yaml.Set(new JsonArray("p", 3), "empty");
        yaml.Set("7", "deep", "four", "six", "seven");
        yaml.Set("off", "top");
        yaml.Prepend(new JsonObject { ["name"] = "zeroth" }, "list");

        var read = ReadByPython(yaml.Text);
        var wanted = JsonNode.Parse("""
            {"a": "2", "list": [{"name": "zeroth"}, {"name": "first", "value": "changed: #1"}, {"name": "second", "value": "one"}, {"name": "third", "value": "new"}],
             "flow": {"k": "w", "l": [[4]], "n": {"o": "m"}, "e": {"f": 5}}, "empty": ["p", 3], "deep": {"four": {"five": "yes it is", "six": {"seven": "7"}}}, "last": "end", "top": "off"}
            """);
        Assert.True(JsonNode.DeepEquals(wanted, read), read.ToJsonString());
        foreach (var comment in (string[])["# The first line stays.", "   # one", "   # x", "  # about the second"]) Assert.Contains(comment, yaml.Text, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(wanted, yaml.Json));
    }

    [Fact]
    public void WhatIsRemovedIsGoneWithWhatHeldNothingElse()
    {
        var yaml = YamlText.Parse("f", Text);
        yaml.Remove("list", new YamlText.Named("name", "first"), "name");
        yaml.Remove("list", new YamlText.Named("name", "second"));
        yaml.Remove("flow", "k");
        yaml.Remove("deep", "four", "five");
        yaml.Remove("last");
        yaml.Remove("never", "there");

        var read = ReadByPython(yaml.Text);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"a": 1, "list": [{"value": "x"}], "flow": {"l": [1, 2], "e": {}}, "empty": null}"""), read), read.ToJsonString());
    }

    [Theory]
    [InlineData("a: b: c", 1)]
    [InlineData("a:\n  - x\n y: 1", 3)]
    [InlineData("a: \"open", 1)]
    public void WhatIsNotYamlIsNamedByItsLine(string text, int line)
    {
        var error = Assert.Throws<SwarmConfigurationException>(() => YamlText.Parse("service.yaml", text));
        Assert.Equal("YamlMalformed", error.ErrorId);
        Assert.Contains($"service.yaml, line {line}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: 1\n---\nb: 2\n")]
    [InlineData("- a\n- b\n")]
    [InlineData("just text")]
    public void OneDocumentWithAMappingIsExpected(string text)
        => Assert.Equal("YamlNotOneDocument", Assert.Throws<SwarmConfigurationException>(() => YamlText.Parse("f", text)).ErrorId);

    [Fact]
    public void WhatAnAliasSharesIsNotChangedInTwoPlaces()
    {
        var yaml = YamlText.Parse("f", "a: &x\n  k: 1\nb: *x\n");
        var error = Assert.Throws<SwarmConfigurationException>(() => yaml.Set(2, "b", "k"));
        Assert.Equal("YamlNotChangeable", error.ErrorId);
        Assert.Equal("a: &x\n  k: 1\nb: *x\n", yaml.Text);
    }

    [Fact]
    public void LineEndsStayAsTheyAre()
    {
        var yaml = YamlText.Parse("f", "a:\r\n  b: 1\r\n");
        yaml.Set("2", "a", "c");
        yaml.Set("3", "d");
        Assert.Equal("a:\r\n  b: 1\r\n  c: \"2\"\r\nd: \"3\"\r\n", yaml.Text);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("NO")]
    [InlineData("1e3")]
    [InlineData("0x1F")]
    [InlineData("1:30")]
    [InlineData("2026-11-24")]
    [InlineData(" lead")]
    [InlineData("a # b")]
    [InlineData("'q' \"d\" \\ $x ${y}")]
    [InlineData("{a}")]
    [InlineData("*x")]
    [InlineData("")]
    [InlineData("ünï ☕")]
    [InlineData("key: value")]
    [InlineData("us-central1-docker.pkg.dev/p/r/i:latest")]
    [InlineData("~")]
    public void EveryTextComesBackAsText(string text)
    {
        var read = ReadByPython(YamlText.Write(new JsonObject { ["a"] = text, ["b"] = new JsonArray(text) }));
        Assert.Equal(text, read["a"]!.GetValue<string>());
        Assert.Equal(text, read["b"]![0]!.GetValue<string>());
    }

    private static JsonNode ReadByPython(string yaml)
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "yaml"));
        Assert.SkipWhen(python is null, "No python3 here has yaml (Debian: python3-yaml).");
        var result = Programs.Run(python!, ["-c", "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer.read()), sys.stdout)"], yaml);
        Assert.True(result.ExitCode == 0, result.Error + yaml);
        return JsonNode.Parse(result.Output)!;
    }
}
