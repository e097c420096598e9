using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Describes what the conversations table really is: columns, types, nullability, defaults, indexes and the number of rows.</para>
///   <para>As text it is SQL that runs or a page of Markdown, in the database's own dialect or translated for the other engine.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "SwarmDatabaseSchema")]
[OutputType(typeof(DatabaseSchema), typeof(string))]
public sealed class GetSwarmDatabaseSchemaCommand : DatabaseCmdlet
{
    /// <summary>The form of the description: Object (the default), Sql or Markdown.</summary>
    [Parameter]
    public SchemaFormat As { get; set; }

    /// <summary>
    ///   The dialect of the text: Sqlite or PostgreSql. The default is the database's own. What cannot be translated is left out and named, in a
    ///   comment and in a warning.
    /// </summary>
    [Parameter]
    [PSDefaultValue(Help = "The database's own")]
    public SqlDialect Dialect { get; set; }

    private protected override void Process()
    {
        var hasDialect = MyInvocation.BoundParameters.ContainsKey(nameof(Dialect));
        if (hasDialect && As == SchemaFormat.Object) throw Errors.DialectWithoutText(Dialect);
        var database = ResolveDatabase(forWriting: false);
        var schema = Run(token => SchemaReader.ReadAsync(database, countRows: As != SchemaFormat.Sql, token));
        if (As == SchemaFormat.Object)
        {
            WriteObject(schema);
            return;
        }

        var table = SchemaTranslator.Prepare(schema, hasDialect ? Dialect : SchemaTranslator.GetOwnDialect(schema), isScript: As == SchemaFormat.Sql);
        foreach (var remark in table.Remarks)
        {
            if (remark.IsLoss) WriteWarning(remark.Text);
        }

        WriteObject(As == SchemaFormat.Sql ? SchemaText.WriteSql(table) : SchemaText.WriteMarkdown(table));
    }
}
