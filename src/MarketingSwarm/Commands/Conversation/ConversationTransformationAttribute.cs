using System.Collections;
using System.Management.Automation;

namespace MarketingSwarm.Commands;

/// <summary>
///   Lets an object that is no conversation through to the cmdlet, which ends with one error and loads nothing. PowerShell itself would
///   report each such object, go on with the others, and let the import commit without them.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ConversationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = (inputData as PSObject)?.BaseObject ?? inputData;
        switch (value)
        {
            case Conversation:
                return inputData;
            case IDictionary values:
                try
                {
                    return new Conversation(values);
                }
                catch (ArgumentException exception)
                {
                    return Conversation.ForStranger(exception);
                }

            default:
                return Conversation.ForStranger(value ?? new ArgumentNullException(nameof(inputData), "It is null."));
        }
    }
}
