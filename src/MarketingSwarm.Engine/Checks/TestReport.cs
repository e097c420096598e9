using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace MarketingSwarm.Engine.Checks;

/// <summary>The counts of a report of tests: JUnit's, as pytest writes it, NUnit's, or Visual Studio's (trx).</summary>
/// <param name="Total">All tests.</param>
/// <param name="Failed">Those that failed, or could not be run.</param>
/// <param name="Skipped">Those left out.</param>
internal sealed record TestReport(int Total, int Failed, int Skipped)
{
    /// <exception cref="SwarmConfigurationException">It cannot be read, or is none of these.</exception>
    internal static TestReport Read(string path)
    {
        XElement root;
        try
        {
            using var reader = XmlReader.Create(path, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            root = XDocument.Load(reader).Root!;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or XmlException)
        {
            throw Errors.TestReportUnreadable(path, exception.Message);
        }

        return root.Name.LocalName switch
        {
            "testsuites" or "testsuite" => ReadJUnit(root),
            "test-run" => new TestReport(Number(root, "total"), Number(root, "failed"), Number(root, "skipped")),
            "test-results" => new TestReport(Number(root, "total"), Number(root, "failures") + Number(root, "errors"), Number(root, "not-run")),
            "TestRun" when root.Descendants().FirstOrDefault(element => element.Name.LocalName == "Counters") is { } counters
                => new TestReport(Number(counters, "total"), Number(counters, "failed") + Number(counters, "error") + Number(counters, "timeout") + Number(counters, "aborted"), Number(counters, "notExecuted")),
            _ => throw Errors.TestReportUnreadable(path, $"its root element is <{root.Name.LocalName}>"),
        };
    }

    private static TestReport ReadJUnit(XElement root)
    {
        // Some writers count in the suites alone.
        var counted = root.Attribute("tests") is not null ? [root] : root.Elements().Where(element => element.Name.LocalName == "testsuite").ToArray();
        return new TestReport(
            counted.Sum(element => Number(element, "tests")), counted.Sum(element => Number(element, "failures") + Number(element, "errors")), counted.Sum(element => Number(element, "skipped")));
    }

    private static int Number(XElement element, string name)
        => int.TryParse(element.Attribute(name)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
