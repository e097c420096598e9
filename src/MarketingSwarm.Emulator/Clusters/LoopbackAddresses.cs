using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MarketingSwarm.Emulator.Clusters;

/// <summary>Gives every server a place of its own on loopback.</summary>
internal static class LoopbackAddresses
{
    /// <summary>PostgreSQL's own port.</summary>
    internal const int PostgresPort = 5432;

    private const int Attempts = 16;

    /// <summary>An address of 127.0.0.0/16 whose port 5432 is free; where there is none, 127.0.0.1 and a free port.</summary>
    /// <param name="seed">What the address is made from, so that a machine gives the same instance the same one where it can.</param>
    /// <param name="taken">Addresses that belong to servers of this process, though they may be stopped now.</param>
    internal static ClusterAddress Choose(string seed, Predicate<ClusterAddress> taken)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(seed), hash);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var number = BinaryPrimitives.ReadUInt16LittleEndian(hash[(2 * attempt)..]);
            // 127.0.0.x and 127.0.1.x are used by systems themselves: for localhost, the machine's name, its resolver.
            var address = new ClusterAddress($"127.0.{2 + (number >> 8) % 253}.{1 + (number & 0xff) % 254}", PostgresPort);
            if (taken(address)) continue;
            switch (TryBind(address))
            {
                case null: return address;
                // The system has 127.0.0.1 only.
                case SocketError.AddressNotAvailable: attempt = Attempts; break;
            }
        }

        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return new ClusterAddress("127.0.0.1", ((IPEndPoint)free.LocalEndpoint).Port);
    }

    /// <summary>Whether a server could listen there now.</summary>
    internal static bool IsFree(ClusterAddress address) => TryBind(address) is null;

    private static SocketError? TryBind(ClusterAddress address)
    {
        using var listener = new TcpListener(IPAddress.Parse(address.IPAddress), address.Port);
        try
        {
            listener.Start();
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }
}
