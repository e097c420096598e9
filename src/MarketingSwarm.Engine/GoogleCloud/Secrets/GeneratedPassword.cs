using System.Security.Cryptography;

namespace MarketingSwarm.Engine.GoogleCloud.Secrets;

/// <summary>Passwords that nobody has to type.</summary>
internal static class GeneratedPassword
{
    private const int Length = 32;

    // 64 letters, and none that a URL, a shell or a YAML file reads as anything but itself.
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <summary>32 letters, 192 bits of chance less what follows: it has an upper-case and a lower-case letter, a digit and another sign, as a password policy of Cloud SQL's may want.</summary>
    internal static string Create()
    {
        while (true)
        {
            var password = RandomNumberGenerator.GetString(Letters, Length);
            // Not first: a program would take it for an option.
            if (password[0] == '-') continue;
            if (password.Any(char.IsAsciiLetterUpper) && password.Any(char.IsAsciiLetterLower) && password.Any(char.IsAsciiDigit) && password.AsSpan().ContainsAny('-', '_'))
                return password;
        }
    }
}
