using System.Buffers;
using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace MarketingSwarm.Commands;

/// <summary>Completes an argument by values that begin with what was typed. What goes wrong completes nothing: a prompt is no place for an error.</summary>
public abstract class ValueCompleter : IArgumentCompleter
{
    private static readonly SearchValues<char> Special = SearchValues.Create(" '\"&;|()${}`@,");

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var typed = (wordToComplete ?? "").Trim('\'', '"');
        IReadOnlyList<string> values;
        try
        {
            values = GetValues(typed, fakeBoundParameters ?? new Hashtable());
        }
        catch (Exception exception) when (exception is SwarmException or OperationCanceledException or TimeoutException or IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (var value in values.Where(value => value.StartsWith(typed, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.Ordinal))
            yield return new CompletionResult(Quote(value), value, CompletionResultType.ParameterValue, value);
    }

    /// <summary>The values there are.</summary>
    /// <param name="typed">What was typed of the argument.</param>
    /// <param name="parameters">What else stands in the command, by parameter names.</param>
    private protected abstract IReadOnlyList<string> GetValues(string typed, IDictionary parameters);

    /// <summary>A parameter's value as text; null where it is not given.</summary>
    private protected static string? Find(IDictionary parameters, string name)
        => parameters.Contains(name) && parameters[name] is { } value && $"{value}" is { Length: > 0 } text ? text : null;

    private static string Quote(string value)
        => value.AsSpan().IndexOfAny(Special) < 0 ? value : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
