using System.Collections.Concurrent;

namespace MarketingSwarm.Commands;

/// <summary>Carries what asynchronous work has to say to the pipeline's thread, which alone may write to PowerShell, while that thread waits for it.</summary>
internal sealed class PipelineDispatcher
{
    private BlockingCollection<Action> _messages = [];

    /// <summary>Hands something over; from any thread. What comes after the work's end is dropped: nobody waits for it.</summary>
    internal void Post(Action message)
    {
        try
        {
            _messages.Add(message);
        }
        catch (InvalidOperationException)
        {
            // The work has ended.
        }
    }

    /// <summary>Waits for the work on the pipeline's thread and writes meanwhile what it says.</summary>
    /// <param name="work">The work; its token is cancelled when the pipeline ends before it.</param>
    /// <param name="stop">Cancelled by Ctrl+C.</param>
    internal T Run<T>(Func<CancellationToken, Task<T>> work, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var messages = _messages = [];
        var running = Task.Run(() => work(ended.Token), CancellationToken.None);
        running.ContinueWith(_ => messages.CompleteAdding(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            foreach (var message in messages.GetConsumingEnumerable(CancellationToken.None)) message();
        }
        catch
        {
            // Writing failed: the pipeline is being stopped, or an error stream is set to stop. What runs is ended and seen to its end.
            ended.Cancel();
            ((IAsyncResult)running).AsyncWaitHandle.WaitOne();
            _ = running.Exception;
            throw;
        }

        return running.GetAwaiter().GetResult();
    }
}
