using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace MarketingSwarm.Commands;

/// <summary>Completes the states that the application writes.</summary>
public sealed class StatusCompleter : IArgumentCompleter
{
    private static readonly string[] States = ["active", "completed", "failed"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
        => from state in States
           where state.StartsWith(wordToComplete.Trim('\'', '"'), StringComparison.OrdinalIgnoreCase)
           select new CompletionResult(state);
}
