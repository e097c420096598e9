namespace MarketingSwarm.Engine.Archives;

/// <summary>Where in an archive something stands, for a message.</summary>
/// <param name="Path">The archive.</param>
/// <param name="Item">What is counted, <c>row</c> or <c>swarm cell</c>; <see langword="null"/> outside of both.</param>
/// <param name="Number">Which of them, the first being 1.</param>
/// <param name="Column">The row's column, where it is in one.</param>
/// <param name="Line">The line of the text (of the uncompressed text in an archive with gzip), the first being 1.</param>
/// <param name="Byte">The byte of the line, the first being 1.</param>
internal readonly record struct ArchivePosition(string Path, string? Item, long Number, string? Column, long Line, long Byte)
{
    public override string ToString()
    {
        var item = Item is null ? "" : FormattableString.Invariant($", {Item} {Number} (counted from 1)");
        var column = Column is null ? "" : $", column {Column}";
        return FormattableString.Invariant($"'{Path}'{item}{column}, line {Line}, byte {Byte}");
    }
}
