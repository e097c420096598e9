using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Connector;

/// <summary>One client's way through TLS to an instance's server.</summary>
internal sealed class ProxyConnection(ClusterId id, IClusterHost clusters, InstanceCertificates certificates, IamLogins logins, Authentication authentication, EmulatorLog log)
{
    private const int BufferSize = 1 << 16;
    private const string WrongPassword = "28P01";
    private const string InvalidAuthorization = "28000";
    private const string CannotConnectNow = "57P03";
    private const int SaslBegins = 10;
    private const int SaslGoesOn = 11;
    private const int SaslEnds = 12;

    private static readonly TimeSpan LoginLimit = TimeSpan.FromMinutes(1);

    /// <summary>Serves the client to the end of its connection, which is closed then.</summary>
    public async Task RunAsync(Socket socket, CancellationToken cancellationToken)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        await using SslStream client = new(new NetworkStream(socket, ownsSocket: true));
        try
        {
            Socket? server;
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                limit.CancelAfter(LoginLimit);
                await client.AuthenticateAsServerAsync(certificates.ServerOptions(id), limit.Token);
                server = await LogInAsync(client, limit.Token);
            }

            if (server is null)
            {
                await client.ShutdownAsync();
                return;
            }

            using (server) await RelayAsync(client, server, cancellationToken);
        }
        catch (AuthenticationException e)
        {
            log.Write($"{id}: a client was refused: its certificate is missing, not of this instance or no longer valid, or it speaks no TLS 1.3 ({e.Message})");
        }
        catch (ClusterException e)
        {
            log.Write($"{id}: a client was refused: {e.Message}");
            await TryEndAsync(client, PostgresMessage.Fatal(CannotConnectNow, "the database system is not accepting connections"));
        }
        catch (InvalidDataException e)
        {
            log.Write($"{id}: a client was refused: {e.Message}");
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // One of the two is gone, or the emulator stops.
        }
    }

    /// <returns>The connection to the server, where the client is in or the server decides that; null where the client was told why not.</returns>
    private async Task<Socket?> LogInAsync(SslStream client, CancellationToken cancellationToken)
    {
        StartupPacket startup = new(await PostgresMessage.ReadFirstAsync(client, cancellationToken));
        while (startup.AsksForEncryption)
        {
            await client.WriteAsync(PostgresMessage.NoEncryption, cancellationToken);
            startup = new StartupPacket(await PostgresMessage.ReadFirstAsync(client, cancellationToken));
        }

        var account = AccountOf(client);
        var judgement = await logins.JudgeAsync(id, startup.User, account, cancellationToken);
        if (judgement.Way is LoginWay.Refused) return await RefuseAsync(judgement.Reason!);
        if (judgement.Way is LoginWay.ServerAsks)
        {
            var server = await ConnectAsync(cancellationToken);
            await server.SendAsync(startup.Bytes, cancellationToken);
            return server;
        }

        if (judgement.Way is LoginWay.Token)
        {
            await client.WriteAsync(PostgresMessage.AuthenticationCleartextPassword, cancellationToken);
            var answer = await PostgresMessage.ReadAsync(client, cancellationToken);
            if (answer.Type != PostgresMessage.Password || !authentication.IsToken(Encoding.UTF8.GetString(answer.Body).TrimEnd('\0')))
                return await RefuseAsync("the password is not a valid access token");
        }

        return await LogInForAsync(client, startup, cancellationToken);

        async Task<Socket?> RefuseAsync(string reason)
        {
            log.Write($"{id}: {startup.User} was refused: {reason}.");
            await client.WriteAsync(PostgresMessage.Fatal(InvalidAuthorization, judgement.Message), cancellationToken);
            return null;
        }
    }

    /// <summary>Logs the user in to the server; the client is told that it is in, or what the server says.</summary>
    private async Task<Socket?> LogInForAsync(SslStream client, StartupPacket startup, CancellationToken cancellationToken)
    {
        var password = await logins.LendPasswordAsync(id, startup.User!, null, cancellationToken);
        var server = await ConnectAsync(cancellationToken);
        var refusal = await TryAsync(server);
        if (refusal is { } first && first.Field('C') == WrongPassword)
        {
            // The role is another than it was, as after a restore: the password is set again, once.
            server.Dispose();
            password = await logins.LendPasswordAsync(id, startup.User!, password, cancellationToken);
            server = await ConnectAsync(cancellationToken);
            refusal = await TryAsync(server);
        }

        await client.WriteAsync(refusal?.Bytes ?? PostgresMessage.AuthenticationOk, cancellationToken);
        if (refusal is null) return server;
        server.Dispose();
        return null;

        async Task<PostgresMessage?> TryAsync(Socket to)
        {
            await using NetworkStream stream = new(to, ownsSocket: false);
            await stream.WriteAsync(startup.Bytes, cancellationToken);
            ScramClient scram = new(password);
            while (true)
            {
                var message = await PostgresMessage.ReadAsync(stream, cancellationToken);
                switch (message.Type, message.Code)
                {
                    case (PostgresMessage.Error, _):
                        return message;
                    case (PostgresMessage.Authentication, 0):
                        return null;
                    case (PostgresMessage.Authentication, SaslBegins):
                        await stream.WriteAsync(PostgresMessage.Create(PostgresMessage.Password, FirstOf(scram)), cancellationToken);
                        break;
                    case (PostgresMessage.Authentication, SaslGoesOn):
                        await stream.WriteAsync(PostgresMessage.Create(PostgresMessage.Password, scram.Answer(message.Body[sizeof(int)..])), cancellationToken);
                        break;
                    case (PostgresMessage.Authentication, SaslEnds) when scram.IsProof(message.Body[sizeof(int)..]):
                        break;
                    case (PostgresMessage.Authentication, _):
                        throw new InvalidDataException("The server did not prove that it knows the password, or asks for another proof than SCRAM's.");
                    default:
                        // A newer client is told which version of the protocol the server has.
                        await client.WriteAsync(message.Bytes, cancellationToken);
                        break;
                }
            }
        }
    }

    private static byte[] FirstOf(ScramClient scram)
    {
        var first = scram.First;
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, first.Length);
        return [.. Encoding.ASCII.GetBytes(ScramClient.Mechanism), 0, .. length, .. first];
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var address = clusters.Find(id)?.Address ?? throw new ClusterException(ClusterFailure.NotFound, "The instance is gone.");
        Socket server = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await server.ConnectAsync(IPAddress.Parse(address.IPAddress), address.Port, cancellationToken);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private static string? AccountOf(SslStream client)
        => client.RemoteCertificate is X509Certificate2 certificate && certificate.GetNameInfo(X509NameType.EmailName, forIssuer: false) is { Length: > 0 } email ? email : null;

    /// <summary>Carries bytes both ways until one side ends, whatever becomes of the certificate meanwhile.</summary>
    private static async Task RelayAsync(SslStream client, Socket server, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using NetworkStream stream = new(server, ownsSocket: false);
        var up = CarryAsync(client, stream, end.Token);
        var down = CarryAsync(stream, client, end.Token);
        var first = await Task.WhenAny(up, down);
        if (first == up && up.IsCompletedSuccessfully)
        {
            // The server says its last words to a client that has said its own.
            server.Shutdown(SocketShutdown.Send);
            await Task.WhenAny(down);
        }

        await end.CancelAsync();
        if (down.IsCompletedSuccessfully) await client.ShutdownAsync();
        await Task.WhenAll(up, down);
    }

    private static async Task CarryAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var count) await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
    }

    private static async Task TryEndAsync(SslStream client, byte[] message)
    {
        try
        {
            await client.WriteAsync(message);
            await client.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It did not wait to be told.
        }
    }
}
