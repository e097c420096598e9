namespace MarketingSwarm.Tests.Module;

/// <summary>States have the colours of the session's own style, and none where the session has none.</summary>
public sealed class ColourTests
{
    [Theory]
    [InlineData("RUNNABLE", "Green")]
    [InlineData("FAILED", "Red")]
    [InlineData("[?]", "Yellow")]
    [InlineData("something else", null)]
    public void AStateHasTheColourOfTheSessionsStyle(string state, string? colour)
    {
        var output = PowerShellSession.Run(
            "[MarketingSwarm.StateFormatting]::Paint($state, $PSStyle); [MarketingSwarm.StateFormatting]::Paint($state, $null); if ($colour) { $PSStyle.Foreground.$colour + $state + $PSStyle.Reset } else { $state }",
            ("state", state), ("colour", colour)).EnsureSuccess().Output;
        Assert.Equal($"{output[2]}", $"{output[0]}");
        Assert.Equal(state, $"{output[1]}");
    }

    [Fact]
    public void WhatIsNoTerminalGetsNone()
    {
        var result = ShellProcess.RunCommand("Test-SwarmDatabase ./none.db");
        Assert.Contains("FAILED", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Output);
    }
}
