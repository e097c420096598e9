using System.Collections;
using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Commands;

/// <summary>A cmdlet that makes a plan or works by one: what a user decides about the conversion.</summary>
public abstract class PlanCmdlet : SwarmCmdlet
{
    private static readonly string[] Decisions =
        [nameof(OnNul), nameof(OnInvalidText), nameof(OnNullKey), nameof(OnOffset), nameof(OnLongFraction), nameof(TimestampForm), nameof(ApprovedUnit)];

    /// <summary>An approved plan, as an object or as the path of its file. It decides all that the other parameters would.</summary>
    [Parameter]
    [ValidateNotNull]
    public PlanReference? Plan { get; set; }

    /// <summary>What to store for text with a NUL character.</summary>
    [Parameter]
    public NulAction OnNul { get; set; } = NulAction.Quarantine;

    /// <summary>What to store for text that is not valid UTF-8.</summary>
    [Parameter]
    public InvalidTextAction OnInvalidText { get; set; } = InvalidTextAction.Quarantine;

    /// <summary>What to do with a row whose key is NULL.</summary>
    [Parameter]
    public NullKeyAction OnNullKey { get; set; } = NullKeyAction.Quarantine;

    /// <summary>What to store for a time with an offset.</summary>
    [Parameter]
    public OffsetAction OnOffset { get; set; } = OffsetAction.Utc;

    /// <summary>What to store for a time with more than six fraction digits.</summary>
    [Parameter]
    public LongFractionAction OnLongFraction { get; set; } = LongFractionAction.Round;

    /// <summary>The form of a column's times, in place of the one that most of them have: @{ created_at = 'IsoUtcMilliseconds' }.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? TimestampForm { get; set; }

    /// <summary>The units in which numbers are taken as times: @{ created_at = 'EpochSeconds', 'EpochMilliseconds' }.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? ApprovedUnit { get; set; }

    /// <summary>Whether the user decided anything, by a plan or by a parameter.</summary>
    private protected bool HasDecision => Plan is not null || Array.Exists(Decisions, MyInvocation.BoundParameters.ContainsKey);

    /// <summary>The approved plan, where one was given.</summary>
    /// <exception cref="SwarmConfigurationException">The file is no plan, or another parameter decides what the plan does.</exception>
    private protected MigrationPlan? ReadPlan()
    {
        if (Plan is null) return null;
        if (Array.Find(Decisions, MyInvocation.BoundParameters.ContainsKey) is { } decision) throw Errors.PlanAndDecisions(decision);
        return Plan.Plan is { } plan ? PlanRevision.Revise(plan) : PlanFile.Read(ResolvePath(Plan.Path!));
    }

    /// <summary>What the user decided: by the plan, or by the parameters.</summary>
    /// <exception cref="SwarmConfigurationException">A hashtable names what is no column of times, or no form.</exception>
    private protected PlanOptions CreateOptions(MigrationPlan? approved)
    {
        if (approved is not null) return PlanOptions.From(approved);
        var options = new PlanOptions
        {
            Policy = new ConversionPolicy
            {
                OnNul = OnNul,
                OnInvalidText = OnInvalidText,
                OnNullKey = OnNullKey,
                OnOffset = OnOffset,
                OnLongFraction = OnLongFraction,
            },
        };
        if (TimestampForm is not null) options = options with { Forms = PlanOptions.ReadForms(TimestampForm, nameof(TimestampForm)) };
        if (ApprovedUnit is not null) options = options with { Units = PlanOptions.ReadUnits(ApprovedUnit, nameof(ApprovedUnit)) };
        return options;
    }
}
