using System.Text.Json;
using MarketingSwarm.Engine.Configuration;

namespace MarketingSwarm.Engine.Tests.Configuration;

public sealed class EnvironmentFileTests : IDisposable
{
    private const string Text = """
        # comment
          # indented comment
        PLAIN=plain
        SPACED =  spaced value
        export EXPORTED=exported
        exporter=1
        COMMENTED=with # comment
        HASH=no#comment
        EMPTY=
        EQUALS=a=b=c
        DOUBLE="quoted # not a comment" # comment
        SINGLE='single'
        ESCAPED="esc \" quote"
        URL=postgresql://u:p$ss#w@h/db
        DOLLAR=pa$word$1
        REFERENCE=${PLAIN}/x
        IN_SINGLE='${PLAIN}'
        FALLBACK=${MISSING:-fallback}
        UNSET=[${MISSING}]
        OUTSIDE=${OUTSIDE_VALUE}
        TWICE=first
        TWICE=second
        LATER=${TWICE}
        PLAIN_AGAIN=${PLAIN}${PLAIN}
        """;

    private static readonly string[] Names =
    [
        "PLAIN", "SPACED", "EXPORTED", "exporter", "COMMENTED", "HASH", "EMPTY", "EQUALS", "DOUBLE", "SINGLE", "ESCAPED", "URL", "DOLLAR",
        "REFERENCE", "IN_SINGLE", "FALLBACK", "UNSET", "OUTSIDE", "TWICE", "LATER", "PLAIN_AGAIN",
    ];

    private readonly Naming _naming = new();

    public void Dispose() => _naming.Dispose();

    [Theory]
    [InlineData("\n", false)]
    [InlineData("\n", true)]
    [InlineData("\r\n", false)]
    public void PythonDotenvReadsTheSame(string lineEnd, bool fileFirst)
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "dotenv"));
        Assert.SkipWhen(python is null, "No Python with python-dotenv was found.");
        var path = _naming.Write(".env", Text.ReplaceLineEndings(lineEnd));
        (string Name, string Value)[] variables = [("OUTSIDE_VALUE", "outside"), ("TWICE", "environment")];
        foreach (var (name, value) in variables) _naming.Variables[name] = value;

        var file = EnvironmentFile.Read(path, fileFirst, _naming.Context);

        var script = $"""
            import json, sys
            from dotenv.main import DotEnv
            values = DotEnv(sys.argv[1], override={(fileFirst ? "True" : "False")}, encoding="utf-8").dict()
            print(json.dumps([values[name] for name in sys.argv[2:]]))
            """;
        var witness = Programs.Run(
            python!, ["-c", script, path, .. Names], environment: variables.Select(variable => KeyValuePair.Create(variable.Name, (string?)variable.Value)));
        var expected = JsonSerializer.Deserialize<string[]>(witness.Output)!;
        Assert.Equal(
            Names.Zip(expected, (name, value) => $"{name}={value}"),
            Names.Select(name => $"{name}={(file.Mentions(name, out var setting) ? setting!.Value : null)}"));
    }

    [Fact]
    public void DoesNotChangeTheEnvironment()
    {
        var name = $"SWARM_TEST_{Guid.NewGuid():N}";
        var path = _naming.Write(".env", $"{name}=value\n");

        Assert.Equal("value", EnvironmentFile.Read(path, fileFirst: true, _naming.Context).Find(name)?.Value);
        Assert.Null(Environment.GetEnvironmentVariable(name));
    }

    [Fact]
    public void TellsWhichReferencesAreUnset()
    {
        var path = _naming.Write(".env", "A=${X}-${Y:-y}-${Z}\nB=${A}\n");

        var file = EnvironmentFile.Read(path, fileFirst: true, _naming.Context);

        Assert.Equal(("-y-", $"{path}: A refers to X, Z, which is not set."), (file.Find("A")!.Value, file.Find("A")!.Warning));
        Assert.Null(file.Find("B")!.Warning);
    }

    [Fact]
    public void AValueOverSeveralLinesIsKept()
    {
        var path = _naming.Write(".env", "A=\"one\ntwo\"\nB=b\n");

        var file = EnvironmentFile.Read(path, fileFirst: true, _naming.Context);

        Assert.Equal(("one\ntwo", "b"), (file.Find("A")!.Value.ReplaceLineEndings("\n"), file.Find("B")!.Value));
    }
}
