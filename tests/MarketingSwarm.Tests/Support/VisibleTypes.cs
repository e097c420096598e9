using System.Reflection;

namespace MarketingSwarm.Tests;

/// <summary>The types that a user of an assembly can meet by looking at its public and protected surface.</summary>
internal static class VisibleTypes
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Every type in the surface of a type, with the member that shows it.</summary>
    internal static IEnumerable<(string Member, Type Type)> Of(Type type)
        => OfMembers(type).SelectMany(found => Unfold(found.Type).Select(part => ($"{type.FullName}.{found.Member}", part)));

    private static IEnumerable<(string Member, Type Type)> OfMembers(Type type)
    {
        if (type.BaseType is { } parent) yield return ("base", parent);
        foreach (var contract in type.GetInterfaces()) yield return ("interface", contract);
        foreach (var attribute in type.GetCustomAttributesData()) yield return ("attribute", attribute.AttributeType);
        foreach (var parameter in type.GetGenericArguments())
        {
            foreach (var constraint in parameter.IsGenericParameter ? parameter.GetGenericParameterConstraints() : []) yield return ("constraint", constraint);
        }

        foreach (var field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly))
            yield return (field.Name, field.FieldType);

        // Properties and events are seen through their accessors.
        foreach (var method in type.GetMembers(Declared).OfType<MethodBase>().Where(method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly))
        {
            if (method is MethodInfo { ReturnType: { } result }) yield return (method.Name, result);
            foreach (var parameter in method.GetParameters()) yield return (method.Name, parameter.ParameterType);
            if (!method.IsGenericMethodDefinition) continue;
            foreach (var constraint in method.GetGenericArguments().SelectMany(argument => argument.GetGenericParameterConstraints()))
                yield return (method.Name, constraint);
        }
    }

    private static IEnumerable<Type> Unfold(Type type)
    {
        if (type.HasElementType) return Unfold(type.GetElementType()!);
        if (type.IsGenericParameter) return [];
        return type.IsConstructedGenericType ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Unfold)] : [type];
    }
}
