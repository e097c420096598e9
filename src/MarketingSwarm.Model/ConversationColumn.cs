namespace MarketingSwarm;

/// <summary>The ten columns of the application's <c>conversations</c> table, in the order of its DDL.</summary>
public enum ConversationColumn
{
    /// <summary><c>id</c>: the primary key; a UUID in text in most rows.</summary>
    Id,

    /// <summary><c>user_id</c>: who asked; may be NULL.</summary>
    UserId,

    /// <summary><c>user_query</c>: the question, HTML-escaped by the application; never NULL.</summary>
    UserQuery,

    /// <summary><c>status</c>: <c>active</c>, <c>completed</c> or <c>failed</c>.</summary>
    Status,

    /// <summary><c>created_at</c>: when the conversation began, a naive UTC time.</summary>
    CreatedAt,

    /// <summary><c>completed_at</c>: when it ended, a naive UTC time; NULL until then.</summary>
    CompletedAt,

    /// <summary><c>agent_responses</c>: a JSON array in text.</summary>
    AgentResponses,

    /// <summary><c>conversation_metadata</c>: a JSON object in text.</summary>
    ConversationMetadata,

    /// <summary><c>total_cost</c>: a floating-point number of US dollars.</summary>
    TotalCost,

    /// <summary><c>error_message</c>: why it failed; NULL otherwise.</summary>
    ErrorMessage,
}
