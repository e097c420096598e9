using System.Management.Automation;
using System.Net;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Configuration;
using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Commands;

/// <summary>
///   What every cmdlet of the module shares: the engine's errors become ErrorRecords, Ctrl+C cancels the engine's work, asynchronous
///   work is awaited on the pipeline's thread, and what is open is closed however the pipeline ends.
/// </summary>
public abstract class SwarmCmdlet : PSCmdlet, IDisposable
{
    // How often the pipeline's thread looks how far the others are.
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancelled by Ctrl+C.</summary>
    private protected CancellationToken StopToken => _stop.Token;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Guard(Begin);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Guard(Process);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Guard(End);

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _stop.Cancel();

    private protected virtual void Begin()
    {
    }

    private protected virtual void Process()
    {
    }

    private protected virtual void End()
    {
    }

    /// <summary>Awaits the engine's work on the pipeline's thread.</summary>
    private protected T Run<T>(Func<CancellationToken, Task<T>> work) => work(StopToken).GetAwaiter().GetResult();

    /// <summary>Awaits the engine's work on the pipeline's thread.</summary>
    private protected void Run(Func<CancellationToken, Task> work) => work(StopToken).GetAwaiter().GetResult();

    /// <summary>Awaits long work of the engine's on other threads, and shows meanwhile how far it is and what it tells.</summary>
    /// <param name="state">Written by the work.</param>
    /// <param name="describe">The progress bar's title for a phase.</param>
    /// <param name="work">The work.</param>
    private protected T RunShowing<T>(MigrationProgress state, Func<string, string> describe, Func<CancellationToken, Task<T>> work)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        var running = Task.Run(() => work(stop.Token));
        var shown = "";
        ProgressScope? progress = null;
        try
        {
            while (!running.IsCompleted)
            {
                _ = Task.WhenAny(running, Task.Delay(ProgressInterval)).GetAwaiter().GetResult();
                ShowMessages(state);
                if (state.Phase is var phase && phase != shown)
                {
                    progress?.Dispose();
                    progress = new ProgressScope(this, describe(phase), state.TotalRows);
                    shown = phase;
                }

                progress?.Report(state.Rows, state.Bytes);
            }

            ShowMessages(state);
            return running.GetAwaiter().GetResult();
        }
        finally
        {
            // A pipeline that is stopped ends here by an exception of the progress or of a warning: nothing may go on behind it.
            stop.Cancel();
            ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
            progress?.Dispose();
        }
    }

    /// <summary>Closes what the cmdlet opened; work not committed is rolled back.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what the cmdlet opened.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _stop.Dispose();
    }

    /// <summary>A path of the file system, relative ones taken from PowerShell's current location; drives of PowerShell's own are followed.</summary>
    /// <exception cref="SwarmConfigurationException">The path leads out of the file system, to the registry say.</exception>
    private protected string ResolvePath(string path)
    {
        if (path.Contains("://", StringComparison.Ordinal)) throw Errors.PathIsUrl(DatabaseReference.MaskPassword(path));
        try
        {
            var resolved = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return provider.Name == "FileSystem" ? resolved : throw Errors.PathNotInFileSystem(path, provider.Name);
        }
        catch (System.Management.Automation.DriveNotFoundException exception)
        {
            // Of what is no path only its first part is shown: a password may follow.
            throw Errors.DriveNotFound(exception.ItemName);
        }
    }

    /// <summary>Finds out which database is meant, and passes its warnings on. Without a name, the environment says.</summary>
    /// <exception cref="SwarmConfigurationException">The name is wrong.</exception>
    private protected SwarmDatabase Resolve(DatabaseReference? reference, PSCredential? credential)
    {
        var database = DatabaseResolver.Resolve(reference, CreateResolutionContext(credential));
        foreach (var warning in database.Warnings) WriteWarning(warning);
        return database;
    }

    /// <summary>ShouldProcess, which also tells <c>-WhatIf</c> from a No to <c>-Confirm</c>.</summary>
    /// <param name="description">What is about to be done, and to which database.</param>
    /// <param name="isWhatIf">Whether <c>-WhatIf</c> is why it is not done.</param>
    private protected bool ConfirmChange(string description, out bool isWhatIf)
    {
        var isWanted = ShouldProcess(description, $"{description}?", "Confirm", out var reason);
        isWhatIf = reason == ShouldProcessReason.WhatIf;
        return isWanted;
    }

    /// <summary>What resolving a database's name depends on.</summary>
    private protected ResolutionContext CreateResolutionContext(PSCredential? credential, string? environmentFile = null)
    {
        // The empty credential stands for none; its user is null.
        var isGiven = !string.IsNullOrEmpty(credential?.UserName);
        return new ResolutionContext
        {
            ResolvePath = ResolvePath,
            User = isGiven ? credential!.UserName : null,
            // Not GetNetworkCredential(), which takes a backslash in the user's name for a Windows domain's.
            Password = isGiven ? new NetworkCredential("", credential!.Password).Password : null,
            EnvironmentFile = environmentFile,
            Cloud = SwarmContextStore.Current,
        };
    }

    private void ShowMessages(MigrationProgress state)
    {
        while (state.TryTakeMessage(out var message)) WriteWarning(message);
    }

    private void Guard(Action step)
    {
        try
        {
            step();
        }
        catch (SwarmException exception)
        {
            ThrowTerminatingError(ErrorRecords.From(exception));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }
}
