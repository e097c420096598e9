using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MarketingSwarm.Emulator.Connector;

/// <summary>The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) for one login with an ASCII password.</summary>
internal sealed class ScramClient(string password)
{
    public const string Mechanism = "SCRAM-SHA-256";

    // No channel binding; base64 of this is what the second message says.
    private const string Header = "n,,";

    private readonly string _nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
    private byte[] _serverSignature = [];

    // PostgreSQL takes the user's name from the startup packet.
    private string FirstBare => $"n=,r={_nonce}";

    /// <summary>The first message.</summary>
    public byte[] First => Encoding.ASCII.GetBytes(Header + FirstBare);

    /// <summary>The second message, the answer to the server's challenge.</summary>
    /// <exception cref="InvalidDataException">The challenge is none.</exception>
    public byte[] Answer(ReadOnlySpan<byte> challenge)
    {
        var serverFirst = Encoding.ASCII.GetString(challenge);
        var fields = serverFirst.Split(',');
        if (fields is not [var nonce, var salt, var count, ..] || !nonce.StartsWith("r=" + _nonce, StringComparison.Ordinal) || !salt.StartsWith("s=", StringComparison.Ordinal)
            || !count.StartsWith("i=", StringComparison.Ordinal) || !int.TryParse(count.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var iterations))
            throw new InvalidDataException("The server's challenge is not SCRAM's.");

        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password), Convert.FromBase64String(salt[2..]), iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var final = $"c={Convert.ToBase64String(Encoding.ASCII.GetBytes(Header))},{nonce}";
        var signed = Encoding.ASCII.GetBytes($"{FirstBare},{serverFirst},{final}");
        _serverSignature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), signed);
        var proof = HMACSHA256.HashData(SHA256.HashData(clientKey), signed);
        for (var i = 0; i < proof.Length; i++) proof[i] ^= clientKey[i];
        return Encoding.ASCII.GetBytes($"{final},p={Convert.ToBase64String(proof)}");
    }

    /// <summary>Whether the server proved that it knows the password too.</summary>
    public bool IsProof(ReadOnlySpan<byte> final) => Encoding.ASCII.GetString(final) == "v=" + Convert.ToBase64String(_serverSignature);
}
