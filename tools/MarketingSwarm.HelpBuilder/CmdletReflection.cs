using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace MarketingSwarm.HelpBuilder;

/// <summary>What PowerShell itself makes of the cmdlets' attributes.</summary>
internal static class CmdletReflection
{
    /// <summary>The module's cmdlets by name. Nothing of the module is run but the cmdlets' constructors.</summary>
    internal static IReadOnlyList<CmdletInfo> Load(string modulePath)
    {
        // A cmdlet's private fields may hold the engine's structures, which the type cannot be loaded without.
        var folder = Path.GetDirectoryName(modulePath)!;
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            new[] { folder, Path.Combine(folder, "deps") }
                .Select(candidate => Path.Combine(candidate, name.Name + ".dll"))
                .Where(File.Exists)
                .Select(context.LoadFromAssemblyPath)
                .FirstOrDefault();
        var assembly = AssemblyLoadContext.Default.LoadFromAssemblyPath(modulePath);
        return
        [
            .. from type in assembly.GetExportedTypes()
               let attribute = type.GetCustomAttribute<CmdletAttribute>()
               where attribute is not null
               let name = $"{attribute.VerbName}-{attribute.NounName}"
               orderby name
               select new CmdletInfo(name, type),
        ];
    }

    /// <summary>The parameter sets, the default one first.</summary>
    internal static IEnumerable<CommandParameterSetInfo> GetSyntax(CmdletInfo cmdlet) => cmdlet.ParameterSets.OrderByDescending(set => set.IsDefault);

    /// <summary>A set's parameters as a person types them: by position, then the mandatory ones, then the others, -WhatIf and -Confirm last.</summary>
    internal static IEnumerable<CommandParameterInfo> GetParameters(CommandParameterSetInfo set)
        => set.Parameters
            .Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name))
            .OrderBy(parameter => parameter.Position < 0 ? int.MaxValue : parameter.Position)
            .ThenByDescending(parameter => parameter.IsMandatory)
            .ThenBy(IsStandard);

    /// <summary>Every parameter once, as its first set has it, in the order of the syntax.</summary>
    internal static IEnumerable<CommandParameterInfo> GetParameters(CmdletInfo cmdlet)
        => GetSyntax(cmdlet).SelectMany(GetParameters).DistinctBy(parameter => parameter.Name).OrderBy(IsStandard);

    /// <summary>Whether PowerShell itself adds the parameter: -WhatIf and -Confirm.</summary>
    internal static bool IsStandard(CommandParameterInfo parameter) => Cmdlet.OptionalCommonParameters.Contains(parameter.Name);

    /// <summary>The values that a parameter takes, where they can be listed.</summary>
    internal static IReadOnlyList<string> GetPossibleValues(CommandParameterInfo parameter)
    {
        var type = GetElementType(parameter.ParameterType);
        return parameter.Attributes.OfType<ValidateSetAttribute>().FirstOrDefault() is { } set ? [.. set.ValidValues]
            : type.IsEnum ? Enum.GetNames(type)
            : [];
    }

    /// <summary>What holds for a parameter that is not given; <see langword="null"/> where nothing does.</summary>
    internal static string? GetDefault(CmdletInfo cmdlet, CommandParameterInfo parameter)
    {
        if (parameter.IsMandatory || IsStandard(parameter)) return null;
        var property = cmdlet.ImplementingType.GetProperty(parameter.Name)!;
        if (property.GetCustomAttribute<PSDefaultValueAttribute>() is { } attribute) return attribute.Help;
        var value = property.GetValue(Activator.CreateInstance(cmdlet.ImplementingType));
        return LanguagePrimitives.ConvertTo<string>(value) is { Length: > 0 } text ? text : null;
    }

    internal static bool SupportsWildcards(CommandParameterInfo parameter) => parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any();

    /// <summary>The types that a cmdlet takes from the pipeline as whole objects.</summary>
    internal static IReadOnlyList<string> GetInputs(CmdletInfo cmdlet)
        => [.. cmdlet.ParameterSets.SelectMany(set => set.Parameters).Where(parameter => parameter.ValueFromPipeline)
            .Select(parameter => GetName(parameter.ParameterType)).Distinct()];

    /// <summary>The types that a cmdlet says it emits.</summary>
    internal static IReadOnlyList<string> GetOutputs(CmdletInfo cmdlet)
        => [.. cmdlet.OutputType.Select(type => GetName(type.Type)).Distinct()];

    /// <summary>The full name of a type as a parameter sees it: a nullable one is its own.</summary>
    internal static string GetName(Type type) => Unwrap(type).FullName!;

    /// <summary>The name of a type without its namespace.</summary>
    internal static string GetShortName(Type type) => Unwrap(type).Name;

    private static Type GetElementType(Type type) => Unwrap(type.IsArray ? type.GetElementType()! : type);

    private static Type Unwrap(Type type) => Nullable.GetUnderlyingType(type) ?? type;
}
