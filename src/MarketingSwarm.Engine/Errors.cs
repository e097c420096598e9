using System.Runtime.CompilerServices;

namespace MarketingSwarm.Engine;

/// <summary>
///   Every error of the engine, made in one class, a file an area: the method's name is the error's id, its text says what is wrong with
///   which name and value, what was expected, and what to do.
/// </summary>
internal static partial class Errors
{
    private static SwarmConfigurationException Configuration(
        string message, string? action = null, object? target = null, Exception? inner = null, [CallerMemberName] string id = "")
        => new(id, message, action, target, WithoutDriver(inner));

    private static SwarmDatabaseException Database(
        SwarmDatabaseFailure failure, string message, string? action = null, object? target = null,
        string? sqlState = null, Exception? inner = null, [CallerMemberName] string id = "")
        => new(id, failure, message, action, target, sqlState, WithoutDriver(inner));

    private static SwarmSchemaException Schema(string message, string? action = null, object? target = null, [CallerMemberName] string id = "")
        => new(id, message, action, target);

    private static SwarmArchiveException Archive(
        string message, string? action = null, object? target = null, Exception? inner = null, [CallerMemberName] string id = "")
        => new(id, message, action, target, WithoutDriver(inner));

    private static SwarmDataException Data(
        string message, string? action = null, string? conversationId = null, long? rowId = null, string? column = null,
        object? target = null, Exception? inner = null, [CallerMemberName] string id = "")
        => new(id, message, action, conversationId, rowId, column, target, WithoutDriver(inner));

    // A user could neither name nor catch a driver's exception: the driver lives in the private load context. What it said is in the message.
    private static Exception? WithoutDriver(Exception? inner)
    {
        while (inner is not null && inner.GetType().Assembly.GetName().Name?.StartsWith("System.", StringComparison.Ordinal) != true)
            inner = inner.InnerException;
        return inner;
    }
}
