namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>Who listens to what is sent and answered. Called from any thread; nothing that it gets holds a secret.</summary>
internal interface ICloudTrace
{
    /// <summary>A request with its outcome and duration, or why it is sent again.</summary>
    void Verbose(string text);

    /// <summary>The bodies, secret fields as <c>***</c>.</summary>
    void Debug(Func<string> text);

    void Warning(string text);

    /// <summary>How far a wait is: what is waited for, and what is known of it.</summary>
    void Progress(string activity, string status);
}
