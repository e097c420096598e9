using System.Security.Cryptography;
using System.Text;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>What PostgreSQL stores in place of a password (RFC 5802, RFC 7677). A statement with it has nothing in it that a log must not show.</summary>
internal static class ScramVerifier
{
    // The server's own number of iterations and length of the salt.
    private const int Iterations = 4096;
    private const int SaltLength = 16;

    /// <summary>
    ///   <c>SCRAM-SHA-256$4096:salt$StoredKey:ServerKey</c>; null for a password beyond ASCII, whose normal form (SASLprep) is best left to the server,
    ///   since a client's library has to come to the same one.
    /// </summary>
    internal static string? TryCreate(string password)
    {
        if (!Ascii.IsValid(password)) return null;

        Span<byte> salt = stackalloc byte[SaltLength];
        RandomNumberGenerator.Fill(salt);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}";
    }
}
