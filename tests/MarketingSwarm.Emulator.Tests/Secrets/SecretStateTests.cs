using System.Text;

namespace MarketingSwarm.Emulator.Tests.Secrets;

/// <summary>Where secrets end up, and where they do not.</summary>
public sealed class SecretStateTests
{
    private const string Value = "correct-horse-battery-staple";

    [Fact]
    public async Task ASecretSurvivesAKillIsItsOwnersOnlyAndIsInNoLog()
    {
        using var folder = new TempFolder();
        var state = folder.File("state");
        var data = Convert.ToBase64String(Encoding.UTF8.GetBytes(Value));
        string errors;
        await using (var emulator = await RunningEmulator.StartAsync(state))
        {
            await emulator.SendAsync("POST", "/v1/projects/p/secrets?secretId=s", """{"replication":{"automatic":{}}}""");
            await emulator.SendAsync("POST", "/v1/projects/p/secrets/s:addVersion", $$$"""{"payload":{"data":"{{{data}}}"}}""");
            await emulator.SendWrongAsync("POST", "/v1/projects/p/secrets/s:addVersion", $$$"""{"payload":{"data":"{{{data}}}","note":"{{{Value}}}"}}""");
            await emulator.SendWrongAsync("POST", "/v1/projects/p/secrets/s:addVersion", $"{{\"payload\":{{\"data\":\"{Value}");
            await emulator.KillAsync();
            errors = await emulator.ErrorsAsync();
        }

        await using (var emulator = await RunningEmulator.StartAsync(state))
        {
            var read = await emulator.GetAsync("/v1/projects/p/secrets/s/versions/latest:access");
            Assert.Equal(data, read.Body["payload"]!["data"]!.GetValue<string>());

            var holders = Directory.EnumerateFiles(state, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetFileName(file) != "emulator.lock")
                .Where(file => File.ReadAllText(file) is var text && (text.Contains(data, StringComparison.Ordinal) || text.Contains(Value, StringComparison.Ordinal)))
                .ToList();
            var holder = Assert.Single(holders);
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(holder));

            await emulator.SendAsync("POST", "/v1/projects/p/secrets/s/versions/1:destroy", "{}");
            Assert.DoesNotContain(data, File.ReadAllText(holder), StringComparison.Ordinal);
        }

        Assert.Contains("/v1/projects/p/secrets/s:addVersion", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Value, errors, StringComparison.Ordinal);
        Assert.DoesNotContain(data, errors, StringComparison.Ordinal);
    }
}
