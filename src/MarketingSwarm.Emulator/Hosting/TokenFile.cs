using System.Security.Cryptography;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The file with the bearer token: one line, for its owner's eyes only.</summary>
internal static class TokenFile
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The token; where there is no file, one is made with a random token.</summary>
    /// <exception cref="FormatException">The file cannot be used; the message is one line.</exception>
    public static string ReadOrCreate(string path)
    {
        try
        {
            if (File.Exists(path)) return Read(path);
            // What no header can carry is left out by taking hexadecimal digits; the prefix tells it from a real one.
            var token = "emulator-" + RandomNumberGenerator.GetHexString(48, lowercase: true);
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Private;
            using StreamWriter writer = new(path, options);
            writer.Write(token + "\n");
            return token;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"The token file '{path}' cannot be read or made: {e.Message}", e);
        }
    }

    private static string Read(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(Private | UnixFileMode.UserExecute)) != 0)
            throw new FormatException($"The token file '{path}' can be read by others. Run: chmod 600 '{path}'");
        var token = File.ReadAllText(path).Trim();
        return token.Length > 0 && token.All(character => character is > ' ' and <= '~')
            ? token
            : throw new FormatException($"The token file '{path}' does not hold one token of visible ASCII characters. Delete it, and a new one is made.");
    }
}
