using System.Management.Automation;

namespace MarketingSwarm.Commands;

/// <summary>Names that a Get cmdlet was asked for, of which some have wildcards.</summary>
internal static class NamePatterns
{
    /// <summary>The items that any of the names means, each once and in their order; without names all.</summary>
    /// <param name="items">What is there.</param>
    /// <param name="names">The names.</param>
    /// <param name="nameOf">An item's name.</param>
    /// <param name="missing">Told of each exact name that is not there.</param>
    internal static IEnumerable<T> Select<T>(IReadOnlyCollection<T> items, string[]? names, Func<T, string> nameOf, Action<string> missing)
    {
        if (names is null) return items;
        // PostgreSQL's names, and those of secrets, tell upper from lower case.
        var patterns = names.Select(name => new WildcardPattern(name)).ToArray();
        foreach (var name in names.Where(name => !WildcardPattern.ContainsWildcardCharacters(name) && items.All(item => nameOf(item) != name))) missing(name);
        return items.Where(item => patterns.Any(pattern => pattern.IsMatch(nameOf(item))));
    }
}
