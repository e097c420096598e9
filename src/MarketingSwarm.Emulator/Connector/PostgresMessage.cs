using System.Buffers.Binary;
using System.Text;

namespace MarketingSwarm.Emulator.Connector;

/// <summary>A message of PostgreSQL's protocol, version 3: its type, and the bytes of all of it.</summary>
internal readonly record struct PostgresMessage(byte Type, byte[] Bytes)
{
    public const byte Authentication = (byte)'R';
    public const byte Error = (byte)'E';
    public const byte Password = (byte)'p';

    /// <summary>What a server answers to a request for encryption that it does not have.</summary>
    public static readonly byte[] NoEncryption = "N"u8.ToArray();

    public static readonly byte[] AuthenticationOk = WithCode(0);

    public static readonly byte[] AuthenticationCleartextPassword = WithCode(3);

    private const int HeaderLength = 5;
    // No message of a login is anywhere near it.
    private const int LargestLength = 1 << 16;

    /// <summary>What follows the length.</summary>
    public ReadOnlySpan<byte> Body => Bytes.AsSpan(HeaderLength);

    /// <summary>The kind of an authentication message.</summary>
    public int Code => Bytes.Length >= HeaderLength + sizeof(int) ? BinaryPrimitives.ReadInt32BigEndian(Body) : -1;

    /// <exception cref="InvalidDataException">It is none of a login.</exception>
    public static async Task<PostgresMessage> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderLength];
        await stream.ReadExactlyAsync(header, cancellationToken);
        return new PostgresMessage(header[0], await ReadBodyAsync(stream, header, sizeof(byte), cancellationToken));
    }

    /// <summary>Reads the first message of a client, which has no type.</summary>
    /// <exception cref="InvalidDataException">It is none of PostgreSQL's.</exception>
    public static async Task<byte[]> ReadFirstAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[sizeof(int) + sizeof(int)];
        await stream.ReadExactlyAsync(header, cancellationToken);
        return await ReadBodyAsync(stream, header, 0, cancellationToken);
    }

    public static byte[] Create(byte type, ReadOnlySpan<byte> body)
    {
        var bytes = new byte[HeaderLength + body.Length];
        bytes[0] = type;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), sizeof(int) + body.Length);
        body.CopyTo(bytes.AsSpan(HeaderLength));
        return bytes;
    }

    /// <summary>An error that ends the session.</summary>
    public static byte[] Fatal(string sqlState, string message)
        => Create(Error, Encoding.UTF8.GetBytes($"SFATAL\0VFATAL\0C{sqlState}\0M{message}\0\0"));

    /// <summary>A field of an error message, for example <c>C</c> for its SQLSTATE; null where it has none.</summary>
    public string? Field(char name)
        => Encoding.UTF8.GetString(Body).Split('\0').FirstOrDefault(field => field.Length > 0 && field[0] == name)?[1..];

    private static byte[] WithCode(int code)
    {
        Span<byte> body = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(body, code);
        return Create(Authentication, body);
    }

    private static async Task<byte[]> ReadBodyAsync(Stream stream, byte[] header, int start, CancellationToken cancellationToken)
    {
        var total = start + (long)BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(start));
        if (total < header.Length || total > LargestLength) throw new InvalidDataException("What was sent is not PostgreSQL's protocol.");
        var bytes = new byte[total];
        header.CopyTo(bytes, 0);
        await stream.ReadExactlyAsync(bytes.AsMemory(header.Length), cancellationToken);
        return bytes;
    }
}
