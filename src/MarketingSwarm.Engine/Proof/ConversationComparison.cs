using System.Diagnostics;
using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;
using Npgsql;

namespace MarketingSwarm.Engine.Proof;

/// <summary>A comparison of any two databases or archives, neither of which is loaded into memory.</summary>
internal sealed class ConversationComparison : IDisposable
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Side _source;
    private readonly Side _destination;
    private readonly ConversationComparer _comparer;
    private readonly long _equalOnServers;

    private ConversationComparison(Side source, Side destination, TimeEquality times, long equalOnServers, bool isHashed)
    {
        _source = source;
        _destination = destination;
        _equalOnServers = equalOnServers;
        IsHashed = isHashed;
        _comparer = new ConversationComparer(source.Rows!, destination.Rows!, times);
    }

    /// <summary>What the user should know of the two sides before relying on the result.</summary>
    internal IReadOnlyList<string> Warnings => [.. _source.Warnings, .. _destination.Warnings];

    private bool IsHashed { get; }

    /// <summary>Opens both sides and brings them into the order of their keys.</summary>
    /// <param name="source">The one side.</param>
    /// <param name="destination">The other.</param>
    /// <param name="ids">Only these rows, where there are any.</param>
    /// <param name="hashOnServer">Whether a PostgreSQL side computes the digests of its rows where they are.</param>
    /// <param name="cancellationToken">Ends the comparison, also later.</param>
    internal static async Task<ConversationComparison> OpenAsync(
        SwarmDatabase source, SwarmDatabase destination, IReadOnlyList<string> ids, bool hashOnServer, CancellationToken cancellationToken)
    {
        var hasServer = source.Engine == DatabaseEngine.PostgreSql || destination.Engine == DatabaseEngine.PostgreSql;
        if (hashOnServer && !hasServer) throw Errors.NoServerToHashOn(source, destination);
        // Between two tables of PostgreSQL what is in them counts; between a table and anything else what the table was loaded from.
        var readsResidue = source.Engine != destination.Engine;
        Side? left = null;
        Side? right = null;
        try
        {
            left = await Side.OpenAsync(source, readsResidue, cancellationToken);
            right = await Side.OpenAsync(destination, readsResidue, cancellationToken);
            var times = !hasServer ? TimeEquality.None : left.Times ?? right.Times ?? TimeEquality.Application;
            var scope = new RowScope(ids);
            long equal = 0;
            if (hashOnServer)
            {
                var first = await left.HashAsync(scope, times, cancellationToken);
                var second = await right.HashAsync(scope, times, cancellationToken);
                var buckets = ServerHash.FindDifferences(first, second);
                for (var i = 0; i < buckets.Length; i++) equal += buckets[i] ? 0 : first.GetCount(i);
                scope = new RowScope(ids, buckets);
            }

            await left.ReadAsync(scope, cancellationToken);
            await right.ReadAsync(scope, cancellationToken);
            return new ConversationComparison(left, right, times, equal, hashOnServer);
        }
        catch
        {
            left?.Dispose();
            right?.Dispose();
            throw;
        }
    }

    /// <summary>Gives the rows that differ, in the order of their keys.</summary>
    internal IEnumerable<RowDifference> Compare(CancellationToken cancellationToken)
    {
        using var rows = _comparer.Compare().GetEnumerator();
        while (true)
        {
            try
            {
                if (!rows.MoveNext()) yield break;
            }
            catch (Exception exception) when (exception is not SwarmException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw TranslateServerError(exception);
            }

            yield return rows.Current;
        }
    }

    /// <summary>The rows of both sides met so far, for progress.</summary>
    internal long RowsMet => _comparer.SourceRows + _comparer.DestinationRows;

    /// <summary>The destination's table, as its SQL names it.</summary>
    internal string DestinationTable => _destination.Table;

    /// <summary>How the destination stores text.</summary>
    internal string DestinationEncoding => _destination.Encoding;

    /// <summary>How it ended.</summary>
    internal ComparisonSummary CreateSummary() => new()
    {
        Source = _source.Database,
        Destination = _destination.Database,
        SourceRows = _comparer.SourceRows + _equalOnServers,
        DestinationRows = _comparer.DestinationRows + _equalOnServers,
        Equal = _comparer.Equal + _equalOnServers,
        Quarantined = _comparer.Quarantined,
        Missing = _comparer.Missing,
        Extra = _comparer.Extra,
        Changed = _comparer.Changed,
        CellsDiffering = _comparer.CellsDiffering,
        SourceDigest = IsHashed ? null : Convert.ToHexStringLower(_comparer.SourceDigest.ToArray()),
        DestinationDigest = IsHashed ? null : Convert.ToHexStringLower(_comparer.DestinationDigest.ToArray()),
        RowsReadBack = IsHashed ? _source.RowsReadBack + _destination.RowsReadBack : null,
        Duration = Stopwatch.GetElapsedTime(_started),
    };

    public void Dispose()
    {
        _source.Dispose();
        _destination.Dispose();
    }

    private Exception TranslateServerError(Exception exception)
    {
        var server = _destination.Database.Engine == DatabaseEngine.PostgreSql ? _destination : _source;
        return server.Database.Engine == DatabaseEngine.PostgreSql ? PostgresErrors.Translate(exception, server.Database) : exception;
    }

    /// <summary>One side, open.</summary>
    private sealed class Side : IDisposable
    {
        private readonly List<string> _warnings = [];
        private SqliteSource? _file;
        private ArchiveReader? _archive;
        private NpgsqlConnection? _connection;
        private ResidueSpool? _residue;
        
        private Side(SwarmDatabase database) => Database = database;

        internal SwarmDatabase Database { get; }

        internal OrderedRows? Rows { get; private set; }

        /// <summary>The table, quoted where needed.</summary>
        internal string Table { get; private set; } = ConversationTable.Name;

        internal string Encoding => _file?.Encoding ?? SqliteTable.Utf8;

        internal IReadOnlyList<string> Warnings => _warnings;

        /// <summary>
        ///   How the run that loaded the table spells its times; by any plan where there were several; <see langword="null"/> where there was none.
        /// </summary>
        internal TimeEquality? Times { get; private set; }

        internal long RowsReadBack => Rows is OrderedPostgresRows server ? server.RowsRead : 0;

        internal static async Task<Side> OpenAsync(SwarmDatabase database, bool readsResidue, CancellationToken cancellationToken)
        {
            var side = new Side(database);
            try
            {
                switch (database.Engine)
                {
                    case DatabaseEngine.Sqlite: side._file = SqliteSource.Open(database, cancellationToken); break;
                    case DatabaseEngine.Archive: side.OpenArchive(cancellationToken); break;
                    default: await side.ConnectAsync(readsResidue, cancellationToken); break;
                }

                return side;
            }
            catch (Exception exception)
            {
                side.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
                throw side.Translate(exception);
            }
        }

        internal async Task<ServerHash> HashAsync(RowScope scope, TimeEquality times, CancellationToken cancellationToken)
        {
            try
            {
                if (_connection is not null)
                {
                    var hash = await ServerHash.ComputeAsync(_connection, Table, scope.GetIdCondition(), cancellationToken);
                    // A row that the residue alone has is in no digest of the table.
                    foreach (var row in _residue!.ReadQuarantined())
                    {
                        if (row.Key is { StorageClass: StorageClass.Text } key) hash.Demand(key.Bytes.Span);
                    }

                    return hash;
                }

                await ReadAsync(scope, cancellationToken);
                var own = ServerHash.Compute(Rows!, times, cancellationToken);
                Rows!.Dispose();
                Rows = null;
                // An archive is read anew.
                if (_archive is not null) OpenArchive(cancellationToken);
                return own;
            }
            catch (Exception exception)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw Translate(exception);
            }
        }

        internal async Task ReadAsync(RowScope scope, CancellationToken cancellationToken)
        {
            try
            {
                Rows = _file is not null ? OrderedSqliteRows.Open(_file, scope, cancellationToken)
                    : _archive is not null ? OrderedSqliteRows.Spool(_archive, scope, cancellationToken)
                    : await OrderedPostgresRows.OpenAsync(_connection!, Table, "", scope, _residue!, cancellationToken);
            }
            catch (Exception exception)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw Translate(exception);
            }
        }

        public void Dispose()
        {
            Rows?.Dispose();
            _residue?.Dispose();
            _connection?.Dispose();
            _archive?.Dispose();
            _file?.Dispose();
        }

        private void OpenArchive(CancellationToken cancellationToken)
        {
            _archive?.Dispose();
            _archive = ArchiveReader.Open(Database.Path!, ConversationFilter.All, cancellationToken);
            _warnings.Clear();
            _warnings.AddRange(_archive.Warnings);
        }

        private async Task ConnectAsync(bool readsResidue, CancellationToken cancellationToken)
        {
            _connection = await PostgresConnector.OpenAsync(Database, cancellationToken);
            var schema = await PostgresTable.ReadSourceAsync(_connection, Database, cancellationToken);
            Table = PostgresTable.GetQualifiedName(schema);
            await MigrationProver.BeginAsync(_connection, cancellationToken);
            var runs = readsResidue ? await ReadRunsAsync(schema, cancellationToken) : [];
            Times = runs switch
            {
                [] => null,
                [{ Plan: { } plan }] => TimeEquality.Of(plan),
                _ => TimeEquality.AnyPlan,
            };
            _residue = await ResidueSpool.ReadAsync(_connection, [.. runs.Select(run => run.RunId)], cancellationToken);
        }

        // The newest first.
        private async Task<IReadOnlyList<(Guid RunId, ProofPlan? Plan)>> ReadRunsAsync(DatabaseSchema schema, CancellationToken cancellationToken)
        {
            await using (var look = new NpgsqlCommand($"SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = '{LedgerSchema.Name}'", _connection))
            {
                var mayRead = await look.ExecuteScalarAsync(cancellationToken);
                if (mayRead is null) return [];
                if (mayRead is false)
                {
                    _warnings.Add($"{Database} has a residue ({LedgerSchema.Name}) that {Database.User} may not read: cells that were not stored as they were count as differences. Compare as the user who loaded the table.");
                    return [];
                }
            }

            await using var command = new NpgsqlCommand(
                $"SELECT run_id, kind, plan FROM {LedgerSchema.RunTable} WHERE table_schema = $1 AND table_name = $2 AND state <> 'Undone' ORDER BY started_at DESC, run_id", _connection)
            {
                Parameters = { new() { Value = schema.Schema }, new() { Value = schema.Table } },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var runs = new List<(Guid, ProofPlan?)>();
            while (await reader.ReadAsync(cancellationToken))
            {
                var id = reader.GetGuid(0);
                runs.Add((id, reader.GetString(1) == "Migration" ? ReadPlan(id, reader.GetString(2)) : null));
            }

            return runs;
        }

        // The forms of the columns alone: the comparison of cells with the residue needs no more.
        private ProofPlan? ReadPlan(Guid runId, string json)
        {
            if (json.Length == 0) return null;
            var plan = PlanFile.FromJson(json);
            var (created, completed) = (plan.GetColumn(ConversationColumn.CreatedAt), plan.GetColumn(ConversationColumn.CompletedAt));
            return new ProofPlan
            {
                RunId = runId,
                QualifiedTable = Table,
                CreatedAtForm = created.Form ?? TimestampForm.Application,
                CompletedAtForm = completed.Form ?? TimestampForm.Application,
                CreatedAtUnits = created.ApprovedUnits ?? [],
                CompletedAtUnits = completed.ApprovedUnits ?? [],
            };
        }

        private Exception Translate(Exception exception)
            => Database.Engine == DatabaseEngine.PostgreSql ? PostgresErrors.Translate(exception, Database) : exception;
    }
}
