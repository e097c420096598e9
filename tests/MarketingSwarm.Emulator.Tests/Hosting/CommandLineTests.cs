namespace MarketingSwarm.Emulator.Tests.Hosting;

/// <summary>The process: its options, its token file, its state folder.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("'--prt' is not an option.", "--prt", "1")]
    [InlineData("--port wants a value.", "--port")]
    [InlineData("--port wants a whole number from 0 to 65535, and got '70000'.", "--port", "70000")]
    [InlineData("--state is missing", "--port", "0")]
    [InlineData("--token-file is missing", "--state", "s")]
    [InlineData("'503=10%' is not a fault.", "--state", "s", "--token-file", "t", "--fault", "503=10%")]
    public async Task ABadOptionIsOneLineAndExitCode1(string message, params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith(message, Assert.Single(result.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task AStateFolderHasOneEmulator()
    {
        await using var emulator = await RunningEmulator.StartAsync(_folder.File("state"));
        var second = await RunAsync("--port", "0", "--state", _folder.File("state"), "--token-file", _folder.File("token"));
        Assert.Equal((1, ""), (second.ExitCode, second.Output));
        Assert.Contains("another emulator uses it", Assert.Single(second.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);

        var other = await RunAsync("--port", $"{emulator.Address.Port}", "--state", _folder.File("other"), "--token-file", _folder.File("token"));
        Assert.Equal((1, ""), (other.ExitCode, other.Output));
        Assert.Contains("address already in use", Assert.Single(other.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheTokenFileIsPrivateAndKept()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are of Unix.");
        string token;
        await using (var emulator = await RunningEmulator.StartAsync(_folder.File("state"))) token = emulator.Token;
        Assert.True(token.Length > 40);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("token")));
            await using (var again = await RunningEmulator.StartAsync(_folder.File("state"))) Assert.Equal(token, again.Token);

            File.SetUnixFileMode(_folder.File("token"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
            var refused = await RunAsync("--port", "0", "--state", _folder.File("state"), "--token-file", _folder.File("token"));
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("chmod 600", refused.Error, StringComparison.Ordinal);
        }
    }

    private Task<ProgramResult> RunAsync(params string[] arguments)
        => Programs.RunAsync(
            Programs.Find("dotnet")!, ["exec", Path.Combine(AppContext.BaseDirectory, "MarketingSwarm.Emulator.dll"), .. arguments], workingFolder: _folder.Path,
            limit: TimeSpan.FromMinutes(1));
}
