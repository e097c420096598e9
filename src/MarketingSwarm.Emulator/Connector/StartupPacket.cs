using System.Buffers.Binary;
using System.Text;

namespace MarketingSwarm.Emulator.Connector;

/// <summary>The first message of a PostgreSQL client.</summary>
/// <param name="Bytes">All of it.</param>
internal sealed record StartupPacket(byte[] Bytes)
{
    private const int HeaderLength = 8;
    private const int CancelRequest = 80877102;
    private const int SslRequest = 80877103;
    private const int GssRequest = 80877104;
    private const int MajorVersion = 3;

    private int Code => BinaryPrimitives.ReadInt32BigEndian(Bytes.AsSpan(sizeof(int)));

    public bool AsksForEncryption => Code is SslRequest or GssRequest;

    public bool IsCancelRequest => Code is CancelRequest;

    /// <summary>The user who logs in; null where this is no login, or one without a user.</summary>
    public string? User
    {
        get
        {
            if (Code >> 16 != MajorVersion) return null;
            var parameters = Encoding.UTF8.GetString(Bytes.AsSpan(HeaderLength)).Split('\0');
            for (var i = 0; i + 1 < parameters.Length; i += 2)
            {
                if (parameters[i] == "user") return parameters[i + 1];
            }

            return null;
        }
    }
}
