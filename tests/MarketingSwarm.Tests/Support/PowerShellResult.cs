using System.Management.Automation;

namespace MarketingSwarm.Tests;

/// <summary>What a script did: everything that it put into its streams, and how it ended.</summary>
public sealed class PowerShellResult
{
    public required IReadOnlyList<PSObject> Output { get; init; }

    /// <summary>The error stream.</summary>
    public required IReadOnlyList<ErrorRecord> Errors { get; init; }

    public required IReadOnlyList<WarningRecord> Warnings { get; init; }

    public required IReadOnlyList<VerboseRecord> Verbose { get; init; }

    public required IReadOnlyList<DebugRecord> Debug { get; init; }

    public required IReadOnlyList<ProgressRecord> Progress { get; init; }

    public required IReadOnlyList<InformationRecord> Information { get; init; }

    /// <summary>The lines that went to the host alone: those of -WhatIf, and text that was formatted for the screen.</summary>
    public required IReadOnlyList<string> HostLines { get; init; }

    /// <summary>The exception that ended the script; null when it ran to its end.</summary>
    public required Exception? Terminating { get; init; }

    /// <summary>The error stream, and the error that ended the script as its last.</summary>
    public IReadOnlyList<ErrorRecord> AllErrors
        => (Terminating as IContainsErrorRecord)?.ErrorRecord is { } last ? [.. Errors, last] : Errors;

    /// <summary>The one error that there must be.</summary>
    public ErrorRecord SingleError => Assert.Single(AllErrors);

    /// <summary>Fails the test when the script had any error.</summary>
    public PowerShellResult EnsureSuccess()
    {
        Assert.True(
            AllErrors.Count == 0 && Terminating is null,
            string.Join('\n', AllErrors.Select(error => $"{error.FullyQualifiedErrorId}: {error} {error.ScriptStackTrace}").Append($"{Terminating}")));
        return this;
    }

    /// <summary>Every text that a user could have seen, for tests that look for what must not be in it.</summary>
    public string AllText
        => string.Join(
            '\n',
            ((IEnumerable<object>)[.. Output, .. Warnings, .. Verbose, .. Debug, .. Information, .. HostLines])
            .Concat(Progress.Select(progress => $"{progress.Activity} {progress.StatusDescription} {progress.CurrentOperation}"))
            .Concat(AllErrors.Select(error => $"{error} {error.Exception} {error.ErrorDetails?.Message} {error.ErrorDetails?.RecommendedAction} {error.TargetObject}")));
}
