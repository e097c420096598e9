using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Commands;

/// <summary>A cmdlet that reads conversations of a database or an archive, filtered.</summary>
public abstract class ConversationReadCmdlet : DatabaseCmdlet
{
    /// <summary>Only the rows with one of these ids. Ids are matched exactly.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Id { get; set; }

    /// <summary>Only the rows with one of these states, matched exactly: active, completed, failed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StatusCompleter))]
    public string[]? Status { get; set; }

    /// <summary>Only the rows of one of these users, matched exactly.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? UserId { get; set; }

    /// <summary>Only the rows created at this instant or later. A time without a zone is UTC.</summary>
    [Parameter]
    public DateTime? Since { get; set; }

    /// <summary>Only the rows created before this instant. A time without a zone is UTC.</summary>
    [Parameter]
    public DateTime? Until { get; set; }

    /// <summary>No more rows than this.</summary>
    [Parameter]
    [ValidateRange(1L, long.MaxValue)]
    public long? First { get; set; }

    internal bool HasFilterBesidesId => Status is not null || UserId is not null || HasTimeFilter || First is not null;

    private protected bool HasTimeFilter => Since is not null || Until is not null;

    private protected ConversationFilter CreateFilter()
    {
        if (Id is null && !HasFilterBesidesId) return ConversationFilter.All;
        var filter = new ConversationFilter
        {
            Ids = Id ?? [],
            Statuses = Status ?? [],
            UserIds = UserId ?? [],
            Since = Since is { } since ? SwarmTimestamp.FromDateTime(since) : null,
            Until = Until is { } until ? SwarmTimestamp.FromDateTime(until) : null,
            First = First,
        };
        return filter is { Since: { } from, Until: { } to } && from >= to ? throw Errors.TimesReversed(Since!.Value, Until!.Value) : filter;
    }

    /// <summary>Opens the database that the parameters name, for reading with their filter.</summary>
    private protected IConversationReader OpenReader(SwarmDatabase database)
    {
        var reader = Run(token => ConversationStore.OpenReaderAsync(database, CreateFilter(), token));
        foreach (var warning in reader.Warnings) WriteWarning(warning);
        return reader;
    }
}
