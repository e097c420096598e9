using System.Text;

namespace MarketingSwarm.Engine.GoogleCloud.Secrets;

/// <summary>The value of one version of a secret.</summary>
/// <param name="secret">The secret's name.</param>
/// <param name="version">The version's number.</param>
/// <param name="data">The bytes as they are stored.</param>
internal sealed class SecretPayload(string secret, string version, byte[] data)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal string Secret => secret;

    internal string Version => version;

    internal ReadOnlySpan<byte> Data => data;

    /// <summary>Whether it ends with a line break, which nobody means in a password.</summary>
    internal bool EndsWithLineBreak => data is [.., (byte)'\n' or (byte)'\r'];

    /// <exception cref="SwarmConfigurationException">It is not UTF-8.</exception>
    internal string GetText()
    {
        try
        {
            return Strict.GetString(data);
        }
        catch (DecoderFallbackException)
        {
            throw Errors.SecretNotText(secret, version);
        }
    }
}
