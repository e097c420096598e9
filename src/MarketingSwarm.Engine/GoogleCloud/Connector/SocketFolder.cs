using System.Net.Sockets;
using System.Security.Cryptography;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>A folder for one Unix socket that nobody but its owner may enter, under a path short enough for one.</summary>
internal sealed class SocketFolder : IDisposable
{
    /// <summary>What every system takes: Linux has 108 bytes, macOS 104, one of them for the end.</summary>
    internal const int LongestSocketPath = 103;

    internal const int SocketNumber = 5432;

    private readonly int _number;
    private readonly bool _isOurs;

    private SocketFolder(string path, int number, bool isOurs) => (Path, _number, _isOurs) = (path, number, isOurs);

    internal string Path { get; }

    /// <summary>The socket as PostgreSQL's clients look for it in a folder.</summary>
    internal string SocketPath => GetSocketPath(Path, _number);

    /// <summary>Makes a folder of a new name for a socket of this process.</summary>
    /// <returns>The folder; <see langword="null"/> where the system has no Unix sockets or no short enough place for one.</returns>
    internal static SocketFolder? TryCreate()
    {
        if (!Socket.OSSupportsUnixDomainSockets) return null;
        foreach (var parent in (string[])[System.IO.Path.GetTempPath(), "/tmp"])
        {
            var path = System.IO.Path.Combine(parent, "swarm-" + RandomNumberGenerator.GetHexString(8, lowercase: true));
            if (!Directory.Exists(parent) || !Fits(path, SocketNumber)) continue;
            Create(path);
            return new SocketFolder(path, SocketNumber, isOurs: true);
        }

        return null;
    }

    /// <summary>Takes a folder that the user named; it is made where it is missing, and stays.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="number">The number in the socket's name, which clients are told as the port.</param>
    /// <exception cref="SwarmConfigurationException">The path is too long for a socket, or the folder cannot be made.</exception>
    internal static SocketFolder Use(string path, int number)
    {
        if (!Fits(path, number)) throw Errors.SocketPathTooLong(GetSocketPath(path, number), LongestSocketPath);
        try
        {
            if (!Directory.Exists(path)) Create(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.SocketNotUsable(path, exception.Message);
        }

        return new SocketFolder(path, number, isOurs: false);
    }

    /// <summary>Removes the socket of a process that ended without doing so; one at which somebody listens stays.</summary>
    internal void RemoveStale()
    {
        if (!File.Exists(SocketPath)) return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(SocketPath));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(SocketPath);
        }
        catch (SocketException)
        {
            // Not to be judged from here; listening will say what is wrong.
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(SocketPath);
            if (_isOurs) Directory.Delete(Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Left to whoever empties the folder of temporary files.
        }
    }

    private static string GetSocketPath(string folder, int number) => System.IO.Path.Combine(folder, $".s.PGSQL.{number}");

    private static bool Fits(string folder, int number) => System.Text.Encoding.UTF8.GetByteCount(GetSocketPath(folder, number)) <= LongestSocketPath;

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
