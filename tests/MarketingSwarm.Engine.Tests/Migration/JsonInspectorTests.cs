using System.Text;
using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Engine.Tests.Migration;

public sealed class JsonInspectorTests
{
    private const string Oracle = """
        import json, re
        def inspect(text):
            found = []
            def pairs(members):
                if len(dict(members)) < len(members): found.append("DuplicateKey")
                for name, _ in members: strings(name)
                return [value for _, value in members]
            def constant(name): found.append("PythonOnly")
            def strings(value):
                if isinstance(value, str):
                    if "\0" in value: found.append("NulEscape")
                    if re.search("[\ud800-\udfff]", value): found.append("LoneSurrogate")
                elif isinstance(value, list):
                    for item in value: strings(item)
            try: strings(json.loads(text, object_pairs_hook=pairs, parse_constant=constant))
            except ValueError: return "Invalid"
            return ", ".join(sorted(set(found) | ({"Valid"} if "PythonOnly" not in found else set())))
        print("ready")
        for line in sys.stdin: print(inspect(bytes.fromhex(line).decode()))
        """;

    private static readonly string[] Texts =
    [
        "", " ", "[]", "{}", " [ ] ", "null", "nul", "1", "01", "-", "-0", "1.", "1e400", "1E+5", "\"a", "\"\t\"", "\"\\x\"", "\"\\u12\"", "[1,]", "{\"a\":}", "{a:1}", "[1] 2", "\uFEFF[]",
        "{\"a\":1,\"a\":2}", "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}", "{\"a\":1,\"\\u0061\":2}", "{\"é\":1,\"\\u00e9\":2}", "[{\"x\":1},{\"x\":1,\"x\":1}]",
        "\"\\u0000\"", "\"\\\\u0000\"", "{\"\\u0000\":1}", "\"\\ud83d\"", "\"\\ud83d\\udc1d\"", "\"\\udc1d\\ud83d\"", "\"\\ud83d \\udc1d\"", "\"\\ud83d\\n\\udc1d\"", "\"\\ud83d\\ud83d\\udc1d\"", "{\"\\ud83d\":1}", "\"\\uD83D\\uDC1D\"",
        "NaN", "[NaN]", "-Infinity", "{\"a\":Infinity,\"b\":[-Infinity, NaN]}", "[NaN,\"\\u0000\",{\"a\":1,\"a\":2}]", "\"NaN\"", "[1NaN]", "[NaN1]", "[--Infinity]", "[- Infinity]", "[nan]", "[Infinityy]", "[\"a\\\"NaN\", NaN]", "[+Infinity]", "{NaN:1}", "[NaN NaN]",
        "[\"\\\"\",\"\\\\\"]", "[true,false,null]", "[truefalse]", "{\"a\" : 1 , \"b\":\r\n[ ]\t}",
    ];

    [Fact]
    public void ATextIsWhatPythonTakesItFor()
    {
        using var python = RunningPython.Start(Oracle);
        foreach (var text in Texts) python.Send(Convert.ToHexString(Encoding.UTF8.GetBytes(text)));
        var expected = python.Finish();
        var inspector = new JsonInspector();

        Assert.Equal(expected.Zip(Texts), Texts.Select(text => Describe(inspector.Inspect(Encoding.UTF8.GetBytes(text)))).Zip(Texts));
    }

    [Fact]
    public void DepthIsNoLimit()
        => Assert.Equal(JsonTraits.Valid, new JsonInspector().Inspect(Encoding.ASCII.GetBytes(new string('[', 100_000) + new string(']', 100_000))));

    private static string Describe(JsonTraits traits) => traits == JsonTraits.Invalid
        ? "Invalid"
        : string.Join(", ", Enum.GetValues<JsonTraits>().Where(trait => trait != 0 && traits.HasFlag(trait)).Select(trait => trait.ToString()).Order(StringComparer.Ordinal));
}
