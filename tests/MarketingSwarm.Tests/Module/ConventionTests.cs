using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Tests.Module;

/// <summary>What PowerShell users expect of every cmdlet without asking.</summary>
public sealed partial class ConventionTests
{
    private static readonly string[] ReadingVerbs = [
        VerbsCommon.Get, VerbsCommon.Find, VerbsDiagnostic.Measure, VerbsDiagnostic.Test, VerbsData.Compare, VerbsLifecycle.Wait,
    ];

    private static readonly string[] DestroyingVerbs = [VerbsCommon.Remove, VerbsCommon.Clear, VerbsData.Restore];

    // The application's own way to its data changes.
    private static readonly string[] Cutovers = ["Start-SwarmCutover", "Stop-SwarmCutover"];

    // These make an object in memory or a preview and change nothing.
    private static readonly string[] WithoutEffect = ["New-SwarmConversation"];

    [Theory]
    [MemberData(nameof(BuiltModule.Cmdlets), MemberType = typeof(BuiltModule))]
    public void TheVerbIsApproved(string name)
    {
        var approved = typeof(VerbsCommon).Assembly.GetExportedTypes()
            .Where(type => type.Namespace == typeof(VerbsCommon).Namespace && type.Name.StartsWith("Verbs", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.IsLiteral)
            .Select(field => (string)field.GetRawConstantValue()!)
            .ToHashSet(StringComparer.Ordinal);

        Assert.Contains("Get", approved);
        Assert.DoesNotContain("Create", approved);
        Assert.Contains(name.Split('-')[0], approved);
    }

    [Theory]
    [MemberData(nameof(BuiltModule.Cmdlets), MemberType = typeof(BuiltModule))]
    public void TheNounIsSingularAndOurs(string name)
    {
        var noun = name.Split('-')[1];

        Assert.StartsWith("Swarm", noun, StringComparison.Ordinal);
        Assert.True(noun.Length > "Swarm".Length && char.IsAsciiLetterUpper(noun["Swarm".Length]), $"'{noun}' has nothing after the prefix.");
        Assert.False(noun.EndsWith('s') && !noun.EndsWith("ss", StringComparison.Ordinal), $"'{noun}' is a plural.");
    }

    [Theory]
    [MemberData(nameof(BuiltModule.Cmdlets), MemberType = typeof(BuiltModule))]
    public void TheClassIsSealedAndNamedAfterTheCmdlet(string name)
    {
        var type = BuiltModule.GetCmdlet(name);

        Assert.True(type.IsSealed, $"{type} is not sealed.");
        Assert.Equal($"{name.Replace("-", "", StringComparison.Ordinal)}Command", type.Name);
    }

    [Theory]
    [MemberData(nameof(BuiltModule.Cmdlets), MemberType = typeof(BuiltModule))]
    public void TheFileIsTheCmdlets(string name)
    {
        var commands = Path.Combine(Repository.Root, "src", "MarketingSwarm", "Commands");
        var file = Assert.Single(Directory.GetFiles(commands, BuiltModule.GetCmdlet(name).Name + ".cs", SearchOption.AllDirectories));

        Assert.NotEqual(commands, Path.GetDirectoryName(file));
        Assert.Single(TopLevelType().Matches(File.ReadAllText(file)));
    }

    [Theory]
    [MemberData(nameof(BuiltModule.Cmdlets), MemberType = typeof(BuiltModule))]
    public void EveryParameterSetDeclaresItsOutput(string name)
    {
        var type = BuiltModule.GetCmdlet(name);
        var sets = BuiltModule.GetParameterSets(type);
        var declared = type.GetCustomAttributes<OutputTypeAttribute>().ToArray();

        Assert.NotEmpty(declared);
        Assert.All(declared, attribute => Assert.NotEmpty(attribute.Type));
        foreach (var set in declared.SelectMany(attribute => attribute.ParameterSetName))
            Assert.True(set == ParameterAttribute.AllParameterSets || sets.Contains(set), $"OutputType names the parameter set '{set}', which does not exist.");
        foreach (var set in sets)
        {
            Assert.True(
                declared.Any(attribute => attribute.ParameterSetName.Contains(set) || attribute.ParameterSetName.Contains(ParameterAttribute.AllParameterSets)),
                $"The parameter set '{set}' declares no output.");
        }
    }

    [Theory]
    [MemberData(nameof(BuiltModule.Cmdlets), MemberType = typeof(BuiltModule))]
    public void WhatChangesSomethingAsksFirst(string name)
    {
        var attribute = BuiltModule.GetCmdlet(name).GetCustomAttribute<CmdletAttribute>()!;
        var changes = !ReadingVerbs.Contains(attribute.VerbName) && !WithoutEffect.Contains(name);

        Assert.Equal(changes, attribute.SupportsShouldProcess);
        if (!changes) return;
        if (DestroyingVerbs.Contains(attribute.VerbName) || Cutovers.Contains(name)) Assert.Equal(ConfirmImpact.High, attribute.ConfirmImpact);
        else Assert.InRange(attribute.ConfirmImpact, ConfirmImpact.Low, ConfirmImpact.Medium);
    }

    [Theory]
    [MemberData(nameof(BuiltModule.Cmdlets), MemberType = typeof(BuiltModule))]
    public void TheDefaultParameterSetExistsAndIsNamedWhereThereAreSeveral(string name)
    {
        var type = BuiltModule.GetCmdlet(name);
        var sets = BuiltModule.GetParameterSets(type);
        if (sets.Count == 1) return;

        Assert.Contains(type.GetCustomAttribute<CmdletAttribute>()!.DefaultParameterSetName, sets);
    }

    [Theory]
    [MemberData(nameof(BuiltModule.Cmdlets), MemberType = typeof(BuiltModule))]
    public void ConversationsComeDownThePipeByValueAlone(string name)
    {
        // By-property binding costs each of a million objects ten times what by-value binding of the exact class does.
        var type = BuiltModule.GetCmdlet(name);
        var defaultSet = type.GetCustomAttribute<CmdletAttribute>()!.DefaultParameterSetName;
        var piped = BuiltModule.GetParameters(type)
            .Where(parameter => parameter.Attribute.ParameterSetName == defaultSet || parameter.Attribute.ParameterSetName == ParameterAttribute.AllParameterSets)
            .Where(parameter => parameter.Attribute.ValueFromPipeline || parameter.Attribute.ValueFromPipelineByPropertyName)
            .ToArray();
        var takesConversations = piped.Any(parameter => parameter.Property.PropertyType.FullName == "MarketingSwarm.Conversation");

        Assert.True(takesConversations || name != "Import-SwarmConversation", "Import-SwarmConversation takes conversations from the pipe by default.");
        if (!takesConversations) return;
        var only = Assert.Single(piped);
        Assert.Equal("MarketingSwarm.Conversation", only.Property.PropertyType.FullName);
        Assert.True(only.Attribute is { ValueFromPipeline: true, ValueFromPipelineByPropertyName: false });
    }

    [Theory]
    [MemberData(nameof(BuiltModule.Cmdlets), MemberType = typeof(BuiltModule))]
    public void ParametersHaveTheirUsualNamesAndTypes(string name)
    {
        foreach (var (property, _) in BuiltModule.GetParameters(BuiltModule.GetCmdlet(name)))
        {
            Assert.Matches("^[A-Z][A-Za-z0-9]+$", property.Name);
            Assert.False(property.PropertyType == typeof(bool), $"-{property.Name} is a bool: a switch is what users expect.");
            // PasswordSecret is the name of a secret that has the password, as in a database's URL.
            Assert.False(
                property.Name.Contains("Password", StringComparison.Ordinal) && property.Name != "PasswordSecret" && property.PropertyType == typeof(string),
                $"-{property.Name} takes a password as plain text.");
            if (property.Name == "Credential") Assert.Equal(typeof(PSCredential), property.PropertyType);
        }
    }

    [GeneratedRegex(@"^(?:[a-z]+ )*(?:class|record|struct|enum|interface|delegate) ", RegexOptions.Multiline)]
    private static partial Regex TopLevelType();
}
