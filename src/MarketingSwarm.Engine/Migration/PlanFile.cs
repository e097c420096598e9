using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Migration;

/// <summary>Saves plans as JSON, and reads them strictly: what is not understood is an error that names the place.</summary>
internal static class PlanFile
{
    private const string NotAPlan = "this is no plan";

    // Readable as it stands: no < or é as an escape. The file is no web page.
    private static readonly PlanJson Context = new(new JsonSerializerOptions(PlanJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Writes a plan under its name when it is complete, for its owner alone to read: its examples are rows of the source.</summary>
    /// <exception cref="SwarmConfigurationException">The file is there and <paramref name="replace"/> is false, or it cannot be written.</exception>
    internal static void Write(MigrationPlan plan, string path, bool replace)
    {
        if (!replace && File.Exists(path)) throw Errors.PlanFileExists(path);
        var temporary = Path.Combine(Path.GetDirectoryName(path)!, PrivateFile.TemporaryName());
        try
        {
            using (var stream = PrivateFile.Create(temporary))
            {
                JsonSerializer.Serialize(stream, plan, Context.MigrationPlan);
                stream.Write("\n"u8);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, replace);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            throw !replace && File.Exists(path) ? Errors.PlanFileExists(path) : Errors.PlanFileNotWritten(path, exception);
        }
    }

    /// <summary>Reads a plan, its rules put right where a person has edited its policy, forms or units.</summary>
    /// <exception cref="SwarmConfigurationException">There is no such file, or it is no plan; the property, the line and what was expected are named.</exception>
    internal static MigrationPlan Read(string path)
    {
        byte[] json;
        try
        {
            json = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Errors.PlanFileNotFound(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.PlanFileNotRead(path, exception);
        }

        try
        {
            var text = json.AsSpan().StartsWith("\uFEFF"u8) ? json.AsSpan(3) : json;
            var plan = JsonSerializer.Deserialize(text, Context.MigrationPlan) ?? throw Errors.PlanFileInvalid(path, "$", 1, NotAPlan);
            Check(plan, path, json);
            return PlanRevision.Revise(plan);
        }
        catch (JsonException exception)
        {
            throw Errors.PlanFileInvalid(path, exception.Path ?? "$", exception.LineNumber + 1, Explain(exception));
        }
    }

    /// <summary>The plan as a run keeps it.</summary>
    internal static string ToJson(MigrationPlan plan) => JsonSerializer.Serialize(plan, Context.MigrationPlan);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    internal static MigrationPlan FromJson(string json) => JsonSerializer.Deserialize(json, Context.MigrationPlan)!;

    private static void Check(MigrationPlan plan, string path, byte[] json)
    {
        if (plan.PlanVersion != MigrationPlan.CurrentVersion) throw Invalid("planVersion", $"it is {plan.PlanVersion}, and {MigrationPlan.CurrentVersion} is expected");
        if (plan.DefinitionSha256 != PlanBuilder.HashDefinition(plan.Definition)) throw Invalid("definitionSha256", "it is not the SHA-256 of definition, which is not meant to be edited");
        if (!plan.Columns.Select(column => column.Column).SequenceEqual(Enum.GetValues<ConversationColumn>()))
            throw Invalid("columns", $"{string.Join(", ", ConversationTable.ColumnNames)} are expected, in this order");
        foreach (var column in plan.Columns) CheckColumn(column, $"columns[{(int)column.Column}]");
        for (var i = 0; i < plan.Rules.Count; i++)
        {
            if (plan.Rules[i].Count < 1) throw Invalid($"rules[{i}].count", $"it is {plan.Rules[i].Count}, and 1 or more is expected");
        }

        void CheckColumn(ColumnPlan column, string place)
        {
            if (!ConversationTable.IsTimestamp(column.Column))
            {
                if (column.Form is not null) throw Invalid($"{place}.form", "only created_at and completed_at have one; null is expected");
                if (column.ApprovedUnits is not null) throw Invalid($"{place}.approvedUnits", "only created_at and completed_at have some; null is expected");
                return;
            }

            if (column.Form is not { } form || !TimestampText.HasOneSpelling(form))
                throw Invalid($"{place}.form", $"one of {ListForms(TimestampText.HasOneSpelling)} is expected");
            if (column.ApprovedUnits?.All(TimestampText.IsNumeric) != true)
                throw Invalid($"{place}.approvedUnits", $"a list of some of {ListForms(TimestampText.IsNumeric)} is expected");
            if (column.Forms is null) throw Invalid($"{place}.forms", "a list is expected");
            for (var i = 0; i < column.Forms.Count; i++)
            {
                if (PlanTimes.ToImage(column.Forms[i], column.Column) is null)
                    throw Invalid($"{place}.forms[{i}].sample", $"a {column.Forms[i].StorageClass} of the form {column.Forms[i].Form} is expected");
            }
        }

        SwarmConfigurationException Invalid(string property, string problem) => Errors.PlanFileInvalid(path, "$." + property, JsonPlaces.FindLine(json, property), problem);
    }

    private static string ListForms(Func<TimestampForm, bool> isAllowed) => string.Join(", ", Enum.GetValues<TimestampForm>().Where(isAllowed));

    // The serializer's own words, without the place that it repeats and without the names of .NET's types.
    private static string Explain(JsonException exception)
    {
        var message = exception.Message;
        if (message.IndexOf(" Path: ", StringComparison.Ordinal) is >= 0 and var end) message = message[..end];
        foreach (var type in PlanJson.Types)
        {
            var info = Context.GetTypeInfo(type)!;
            var names = string.Join(", ", info.Properties.Select(property => property.Name));
            if (message.Contains($"'{type.FullName}'", StringComparison.Ordinal) && message.Contains("could not be mapped", StringComparison.Ordinal))
                return $"there is no such property; expected are {names}";
        }

        if (message.StartsWith("The JSON value could not", StringComparison.Ordinal)) return Describe(FindType(exception.Path ?? "$"));
        return message.TrimEnd('.');
    }

    private static string Describe(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var number when number == typeof(long) || number == typeof(int) => "a whole number is expected",
        var flag when flag == typeof(bool) => "true or false is expected",
        var time when time == typeof(DateTime) => "a time as in 2025-06-18T18:50:05Z is expected",
        var text when text == typeof(string) => "a text is expected",
        { IsGenericType: true } => "a list is expected",
        _ => "an object is expected",
    };

    // The class of what stands at a place such as $.columns[4].form.
    private static Type FindType(string path)
    {
        var type = typeof(MigrationPlan);
        foreach (var part in path.Split('.').Skip(1))
        {
            var name = part.Split('[')[0];
            if (Context.GetTypeInfo(type)!.Properties.FirstOrDefault(property => property.Name == name) is not { } found) return type;
            type = found.PropertyType;
            if (part.Contains('[', StringComparison.Ordinal)) type = type.GetGenericArguments()[0];
        }

        return type;
    }
}

/// <summary>The saved form of a plan: the properties of its classes in camelCase, enumerations by name, columns as SQL names them.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true,
    Converters =
    [
        typeof(ColumnNameConverter), typeof(NameConverter<NulAction>), typeof(NameConverter<InvalidTextAction>), typeof(NameConverter<NullKeyAction>),
        typeof(NameConverter<OffsetAction>), typeof(NameConverter<LongFractionAction>), typeof(NameConverter<TimestampForm>),
        typeof(NameConverter<ConversionRule>), typeof(NameConverter<CellOutcome>), typeof(NameConverter<StorageClass>),
    ])]
[JsonSerializable(typeof(MigrationPlan))]
internal sealed partial class PlanJson : JsonSerializerContext
{
    /// <summary>The classes of objects in the file.</summary>
    internal static readonly Type[] Types =
        [typeof(MigrationPlan), typeof(ConversionPolicy), typeof(ColumnPlan), typeof(TimestampFormCount), typeof(JsonCounts), typeof(PlannedRule), typeof(PlannedExample)];
}

/// <summary>An enumeration by its names alone; a number would change its meaning with a later version.</summary>
internal sealed class NameConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.TokenType == JsonTokenType.String && Enum.GetNames<T>().Contains(reader.GetString(), StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<T>(reader.GetString()!, ignoreCase: true)
            : throw new JsonException($"one of {string.Join(", ", Enum.GetNames<T>())} is expected");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

/// <summary>A column as SQL names it.</summary>
internal sealed class ColumnNameConverter : JsonConverter<ConversationColumn>
{
    public override ConversationColumn Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.TokenType == JsonTokenType.String && ConversationTable.TryFind(reader.GetString()!, out var column)
            ? column
            : throw new JsonException($"one of {string.Join(", ", ConversationTable.ColumnNames)} is expected");

    public override void Write(Utf8JsonWriter writer, ConversationColumn value, JsonSerializerOptions options)
        => writer.WriteStringValue(ConversationTable.NameOf(value));
}
