using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using MarketingSwarm.Benchmarks.Comparison;
using MarketingSwarm.Testing;

namespace MarketingSwarm.Benchmarks.Connecting;

/// <summary>stunnel as an instance's TLS client: what one would put before a client that cannot speak the connectors' TLS.</summary>
internal sealed class Stunnel : IAsyncDisposable
{
    private readonly Process _process;

    private Stunnel(Process process, int port) => (_process, Port) = (process, port);

    /// <summary>Where it listens on 127.0.0.1.</summary>
    internal int Port { get; }

    internal static string? Program { get; } = Programs.Find("stunnel") ?? Programs.Find("stunnel4");

    /// <summary>Starts it with a certificate of its own for the instance, and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It ended at once; the message has what it said.</exception>
    internal static async Task<Stunnel> StartAsync(EmulatedInstance instance, Workspace workspace)
    {
        using var key = RSA.Create(2048);
        var (certificate, authority) = await instance.CertifyAsync(key);
        var port = PostgresCluster.GetFreePort();
        var settings = workspace.WritePrivateFile("stunnel.conf", string.Create(CultureInfo.InvariantCulture, $"""
            foreground = yes
            pid =
            syslog = no
            debug = warning
            [instance]
            client = yes
            accept = 127.0.0.1:{port}
            connect = {instance.Front}
            cert = {workspace.WritePrivateFile("client.pem", certificate)}
            key = {workspace.WritePrivateFile("client.key", key.ExportPkcs8PrivateKeyPem())}
            CAfile = {workspace.WritePrivateFile("server-ca.pem", authority)}
            verifyChain = yes
            sslVersionMin = TLSv1.3

            """));
        var process = Programs.Start(Program!, [settings]);
        var errors = process.StandardError.ReadToEndAsync();
        while (!await ListensAsync(port))
        {
            if (process.HasExited) throw new InvalidOperationException($"stunnel ended: {await errors}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        return new Stunnel(process, port);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<bool> ListensAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
