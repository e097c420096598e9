namespace MarketingSwarm.HelpBuilder;

/// <summary>Collects what is wrong with the pages, so that one build names all of it.</summary>
internal sealed class ErrorLog
{
    private readonly List<string> _errors = [];

    internal IReadOnlyList<string> Errors => _errors;

    /// <summary>Adds an error in the form that MSBuild shows as its own, with the file and the line (from 1) to jump to.</summary>
    internal void Add(string file, int line, string message)
        => _errors.Add(FormattableString.Invariant($"{file}({line}): error HELP: {message}"));
}
