using System.Buffers.Text;
using System.Globalization;
using System.Text;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Finds the rows whose key another row has too, once both are text: <c>x'3031'</c> and <c>'01'</c>, 1 and <c>'1'</c>. Of each group the
///   row whose key is text stays, or else the first by rowid, and is not among those found.
/// </summary>
internal sealed class KeyClashes
{
    private const string GeneratedPrefix = "null-";
    private const ConversationColumn Id = ConversationColumn.Id;

    private readonly SqliteSource _source;
    private readonly bool _generates;
    private readonly RowConverter _converter;

    /// <param name="source">A source with rowids.</param>
    /// <param name="target">What the target's columns take.</param>
    /// <param name="policy">Whether NULL keys are generated.</param>
    internal KeyClashes(SqliteSource source, ConversionSettings target, ConversionPolicy policy)
    {
        _source = source;
        _generates = policy.OnNullKey == NullKeyAction.Generate;
        // The one that will decide says what a key becomes.
        _converter = new RowConverter(target.With(policy, (default, []), (default, []), new HashSet<long>()));
        IsUnique = source.Schema.Indexes.Any(index => SchemaCompatibility.IsKey(source.Schema, index))
            || SchemaCompatibility.IsRowId(source.Schema, source.Schema.FindColumn(ConversationTable.NameOf(Id))!);
    }

    /// <summary>
    ///   Whether the source keeps its keys unique byte by byte. Then only a key that is not text can clash, and is looked up by the index
    ///   (<see cref="FindIn"/>); otherwise all are sorted (<see cref="FindAll"/>).
    /// </summary>
    internal bool IsUnique { get; }

    /// <summary>Finds the clashing rows of a whole table by sorting its keys in SQLite's temporary store.</summary>
    /// <exception cref="SwarmDatabaseException">The file is in rollback-journal mode and could not be copied: sorting would make the application wait.</exception>
    internal HashSet<long> FindAll(CancellationToken cancellationToken)
    {
        if (!_source.IsStable) throw Errors.SqliteKeysNotSorted(_source.Database.Path!);
        var builder = new ConversationBuilder();
        var result = raw.sqlite3_create_function(_source.Handle, "swarm_key", 1, raw.SQLITE_UTF8 | raw.SQLITE_DETERMINISTIC, null, (context, _, arguments) =>
        {
            if (raw.sqlite3_value_type(arguments[0]) == raw.SQLITE_FLOAT) builder.AddReal(raw.sqlite3_value_double(arguments[0]));
            else builder.AddBlob(raw.sqlite3_value_blob(arguments[0]));
            var key = FindKey(new ConversationImage(builder.BuildEmptyImage()), rowId: 0);
            if (key is null) raw.sqlite3_result_null(context);
            else raw.sqlite3_result_text(context, key);
        });
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(_source.Handle, result, _source.Database);

        using var stop = cancellationToken.Register(() => raw.sqlite3_interrupt(_source.Handle));
        using var statement = _source.Prepare($"""
            SELECT row FROM (
                SELECT row, row_number() OVER (PARTITION BY key ORDER BY kind <> 'text', row) AS place FROM (
                    SELECT rowid AS row, typeof(id) AS kind, CASE typeof(id)
                        WHEN 'text' THEN id
                        WHEN 'integer' THEN CAST(id AS TEXT)
                        WHEN 'null' THEN {(_generates ? $"'{GeneratedPrefix}' || rowid" : "NULL")}
                        ELSE swarm_key(id) END COLLATE BINARY AS key
                    FROM {ConversationTable.Name})
                WHERE key IS NOT NULL)
            WHERE place > 1
            """);
        var clashing = new HashSet<long>();
        while (statement.Step()) clashing.Add(statement.GetInteger(0));
        return clashing;
    }

    /// <summary>Settings that know which rows of a source clash, where it has rowids and is of one moment; otherwise the same settings.</summary>
    internal static ConversionSettings Apply(SqliteSource source, ConversionSettings settings, CancellationToken cancellationToken)
        => source is not { HasRowId: true, IsStable: true } ? settings : settings.With(
            settings.Policy, (settings.CreatedAtForm, settings.CreatedAtUnits), (settings.CompletedAtForm, settings.CompletedAtUnits),
            new KeyClashes(source, settings, settings.Policy).FindAll(cancellationToken));

    /// <summary>Finds the clashing rows among those of a chunk by the source's index; the chunk's other rows cannot clash.</summary>
    /// <param name="chunk">Rows just read.</param>
    /// <param name="clashing">Takes the rowids.</param>
    /// <param name="cancellationToken">Ends the wait for a lock.</param>
    internal void FindIn(RowChunk chunk, List<long> clashing, CancellationToken cancellationToken)
    {
        List<int>? strangers = null;
        for (var i = 0; i < chunk.Rows; i++)
        {
            if (chunk[i].GetStorageClass(Id) != StorageClass.Text) (strangers ??= []).Add(i);
        }

        if (strangers is null) return;
        _source.BeginRange(cancellationToken);
        try
        {
            using var byKey = _source.Prepare($"SELECT rowid FROM {ConversationTable.Name} WHERE id = ?1 COLLATE BINARY AND typeof(id) = ?2");
            using var byRowId = _source.Prepare($"SELECT rowid FROM {ConversationTable.Name} WHERE rowid = ?1 AND id IS NULL");
            foreach (var index in strangers)
            {
                var rowId = chunk.GetRowId(index)!.Value;
                if (FindKey(chunk[index], rowId) is { } key && Clashes(byKey, byRowId, chunk[index].GetStorageClass(Id), key, rowId)) clashing.Add(rowId);
            }
        }
        finally
        {
            _source.EndRange();
        }
    }

    private byte[]? FindKey(ConversationImage row, long rowId)
    {
        Span<long> times = stackalloc long[2];
        return _converter.Judge(row, rowId, times).Find(Id)?.Stored;
    }

    private bool Clashes(SqliteStatement byKey, SqliteStatement byRowId, StorageClass own, byte[] key, long rowId)
    {
        if (Find(byKey, ConversationCell.OfText(key), "text") is not null) return true;
        if (own != StorageClass.Blob && Find(byKey, ConversationCell.OfBlob(key), "blob") < rowId) return true;
        if (Utf8Parser.TryParse(key, out long integer, out _) && Is(key, integer.ToString(CultureInfo.InvariantCulture))
            && own != StorageClass.Integer && Find(byKey, ConversationCell.OfInteger(integer), "integer") < rowId)
        {
            return true;
        }

        if (own != StorageClass.Real && double.TryParse(key, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            && Is(key, real.ToString("R", CultureInfo.InvariantCulture)) && Find(byKey, ConversationCell.OfReal(real), "real") < rowId)
        {
            return true;
        }

        if (!_generates || own == StorageClass.Null || !key.AsSpan().StartsWith("null-"u8)
            || !Utf8Parser.TryParse(key.AsSpan(GeneratedPrefix.Length), out long number, out _)
            || !Is(key, GeneratedPrefix + number.ToString(CultureInfo.InvariantCulture)))
        {
            return false;
        }

        byRowId.Reset();
        byRowId.Bind(1, number);
        return number < rowId && byRowId.Step();
    }

    private static long? Find(SqliteStatement statement, ConversationCell key, string storageClass)
    {
        statement.Reset();
        statement.Bind(1, key);
        statement.Bind(2, storageClass);
        return statement.Step() ? statement.GetInteger(0) : null;
    }

    private static bool Is(byte[] key, string text) => key.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text));
}
