using MarketingSwarm.HelpBuilder;

if (args is not [var modulePath, var pagesFolder, var outputFolder])
{
    Console.Error.WriteLine("Usage: MarketingSwarm.HelpBuilder MODULE.dll PAGES-FOLDER OUTPUT-FOLDER");
    return 2;
}

pagesFolder = Path.GetFullPath(pagesFolder);
var log = new ErrorLog();
var cmdlets = CmdletReflection.Load(Path.GetFullPath(modulePath)).ToDictionary(cmdlet => cmdlet.Name);
var cmdletHelp = new List<CmdletHelp>();
var topics = new Dictionary<string, string>();
foreach (var path in Directory.EnumerateFiles(pagesFolder, "*.md").Order(StringComparer.Ordinal))
{
    if (MarkdownPage.Read(path, log) is not { } page) continue;
    if (page.Name.StartsWith("about_", StringComparison.Ordinal)) topics.Add(page.Name, AboutTopic.Build(page, log));
    else if (cmdlets.Remove(page.Name, out var cmdlet)) cmdletHelp.Add(CmdletHelp.Read(page, cmdlet, log));
    else log.Add(path, 1, $"The module has no cmdlet '{page.Name}'.");
}

foreach (var name in cmdlets.Keys) log.Add(Path.Combine(pagesFolder, name + ".md"), 1, $"The cmdlet {name} has no page.");

foreach (var error in log.Errors) Console.Error.WriteLine(error);
if (log.Errors.Count > 0) return 1;

Directory.CreateDirectory(outputFolder);
foreach (var stale in Directory.EnumerateFiles(outputFolder, "about_*.help.txt")) File.Delete(stale);
foreach (var (name, text) in topics) File.WriteAllText(Path.Combine(outputFolder, name + ".help.txt"), text);
MamlFile.Write(Path.Combine(outputFolder, Path.GetFileName(modulePath) + "-Help.xml"), cmdletHelp);
return 0;
