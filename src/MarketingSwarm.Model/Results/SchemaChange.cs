namespace MarketingSwarm;

/// <summary>One thing that Initialize- or Update-SwarmDatabaseSchema did, would do (<c>-WhatIf</c>), or found done.</summary>
public sealed class SchemaChange
{
    internal SchemaChange()
    {
    }

    /// <summary>The database.</summary>
    public required SwarmDatabase Database { get; init; }

    /// <summary>Table, Column, Key or Index.</summary>
    public required string Kind { get; init; }

    /// <summary>The name of the table, column or index.</summary>
    public required string Name { get; init; }

    /// <summary>What happened to it.</summary>
    public required SchemaChangeAction Action { get; init; }

    /// <summary>The statement; <see langword="null"/> where nothing was needed.</summary>
    public string? Sql { get; init; }

    /// <summary>The kind, the name and the action.</summary>
    public override string ToString() => $"{Kind} {Name}: {Action}";
}

/// <summary>What happened to a part of a schema.</summary>
public enum SchemaChangeAction
{
    /// <summary>It was there already and is as wanted.</summary>
    Present,

    /// <summary>It was made.</summary>
    Created,

    /// <summary>It would be made; nothing was, because of <c>-WhatIf</c>.</summary>
    WouldCreate,
}
