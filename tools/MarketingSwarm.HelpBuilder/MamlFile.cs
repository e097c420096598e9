using System.Management.Automation;
using System.Xml.Linq;

namespace MarketingSwarm.HelpBuilder;

/// <summary>Writes cmdlets' help in MAML, the XML that Get-Help reads (https://learn.microsoft.com/powershell/scripting/developer/help/writing-help-for-windows-powershell-cmdlets).</summary>
internal static class MamlFile
{
    private static readonly XNamespace Root = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    internal static void Write(string path, IEnumerable<CmdletHelp> cmdlets)
        => new XDocument(new XElement(Root + "helpItems", new XAttribute("schema", "maml"), cmdlets.Select(BuildCommand))).Save(path);

    private static XElement BuildCommand(CmdletHelp help)
        => new(Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(Command + "details",
                new XElement(Command + "name", help.Cmdlet.Name),
                new XElement(Command + "verb", help.Cmdlet.Verb),
                new XElement(Command + "noun", help.Cmdlet.Noun),
                Paragraphs(Maml + "description", help.Synopsis)),
            Paragraphs(Maml + "description", help.Description),
            new XElement(Command + "syntax",
                CmdletReflection.GetSyntax(help.Cmdlet).Select(set => new XElement(Command + "syntaxItem",
                    new XElement(Maml + "name", help.Cmdlet.Name),
                    CmdletReflection.GetParameters(set).Select(parameter => BuildParameter(help, parameter, inSyntax: true))))),
            new XElement(Command + "parameters",
                CmdletReflection.GetParameters(help.Cmdlet).Select(parameter => BuildParameter(help, parameter, inSyntax: false))),
            new XElement(Command + "inputTypes", help.Inputs.Select(type => BuildType(Command + "inputType", type))),
            new XElement(Command + "returnValues", help.Outputs.Select(type => BuildType(Command + "returnValue", type))),
            help.Notes.Count == 0 ? null : new XElement(Maml + "alertSet", Paragraphs(Maml + "alert", help.Notes)),
            new XElement(Command + "examples", help.Examples.Select(BuildExample)),
            new XElement(Command + "relatedLinks", help.Links.Select(BuildLink)));

    private static XElement BuildParameter(CmdletHelp help, CommandParameterInfo parameter, bool inSyntax)
    {
        var type = parameter.ParameterType;
        var values = CmdletReflection.GetPossibleValues(parameter);
        var description = Paragraphs(Maml + "description", help.Parameters[parameter.Name]);
        // Get-Help shows a group of values in the syntax alone.
        if (values.Count > 0) description.Add(new XElement(Maml + "para", $"Possible values: {string.Join(", ", values)}"));
        return new XElement(Command + "parameter",
            new XAttribute("required", parameter.IsMandatory),
            new XAttribute("variableLength", type.IsArray),
            new XAttribute("globbing", CmdletReflection.SupportsWildcards(parameter)),
            new XAttribute("pipelineInput", DescribePipelineInput(parameter)),
            new XAttribute("position", parameter.Position < 0 ? "named" : parameter.Position),
            new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
            new XElement(Maml + "name", parameter.Name),
            description,
            inSyntax && values.Count > 0 && !type.IsArray
                ? new XElement(Command + "parameterValueGroup", values.Select(value => BuildValue(value, isArray: false)))
                : null,
            // In a syntax line a switch stands alone.
            inSyntax && type == typeof(SwitchParameter) ? null : BuildValue(CmdletReflection.GetShortName(type), type.IsArray),
            new XElement(Dev + "type", new XElement(Maml + "name", CmdletReflection.GetName(type)), new XElement(Maml + "uri")),
            new XElement(Dev + "defaultValue", CmdletReflection.GetDefault(help.Cmdlet, parameter) ?? "None"));
    }

    private static XElement BuildValue(string name, bool isArray)
        => new(Command + "parameterValue", new XAttribute("required", true), new XAttribute("variableLength", isArray), name);

    private static string DescribePipelineInput(CommandParameterInfo parameter) => (parameter.ValueFromPipeline, parameter.ValueFromPipelineByPropertyName) switch
    {
        (true, true) => "True (ByPropertyName, ByValue)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    private static XElement BuildType(XName name, TypeHelp type)
        => new(name, new XElement(Dev + "type", new XElement(Maml + "name", type.Name)), Paragraphs(Maml + "description", type.Remarks));

    private static XElement BuildExample(ExampleHelp example)
    {
        // Get-Help sets no blank line between the last remark and the next example.
        var remarks = Paragraphs(Dev + "remarks", example.Remarks);
        remarks.Add(new XElement(Maml + "para", " "));
        return new XElement(Command + "example", new XElement(Maml + "title", example.Title), new XElement(Dev + "code", example.Code), remarks);
    }

    private static XElement BuildLink(LinkHelp link)
        => new(Maml + "navigationLink", new XElement(Maml + "linkText", link.Text), new XElement(Maml + "uri", link.Url));

    private static XElement Paragraphs(XName name, IReadOnlyList<Paragraph> paragraphs)
    {
        // Get-Help sets a blank line after every para, so that the items of a list share one.
        var texts = new List<string>();
        for (var i = 0; i < paragraphs.Count; i++)
        {
            var (text, bullet) = (paragraphs[i].Text, paragraphs[i].Bullet);
            var item = bullet + text.Replace("\n", "\n" + new string(' ', bullet.Length), StringComparison.Ordinal);
            if (i > 0 && bullet.Length > 0 && paragraphs[i - 1].Bullet.Length > 0) texts[^1] += "\n" + item;
            else texts.Add(item);
        }

        return new XElement(name, texts.Select(text => new XElement(Maml + "para", text)));
    }
}
