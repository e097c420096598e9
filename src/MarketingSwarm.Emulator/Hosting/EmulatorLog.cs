using System.Globalization;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The log: standard error and <c>emulator.log</c> in the state folder. No body, query, token, password or secret is ever given to it.</summary>
internal sealed class EmulatorLog : ILoggerProvider
{
    // A file that grew beyond this is moved aside at the next start.
    private const long LargestFile = 16 << 20;

    private readonly Lock _lock = new();
    private readonly TextWriter _error;
    private readonly StreamWriter _file;

    /// <param name="folder">The state folder.</param>
    /// <param name="error">The standard error.</param>
    public EmulatorLog(string folder, TextWriter error)
    {
        _error = error;
        var path = Path.Combine(folder, "emulator.log");
        if (File.Exists(path) && new FileInfo(path).Length > LargestFile) File.Move(path, path + ".1", overwrite: true);
        FileStreamOptions options = new() { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new StreamWriter(path, options) { AutoFlush = true };
    }

    /// <summary>Writes a line.</summary>
    public void Write(string text)
    {
        var line = $"{DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)} {OneLine(text)}";
        lock (_lock)
        {
            _file.WriteLine(line);
            try
            {
                _error.WriteLine(line);
            }
            catch (IOException)
            {
                // Whoever read the standard error is gone; the file goes on.
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose() => _file.Dispose();

    // A path that was sent must not make lines of its own.
    private static string OneLine(string text) => string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));

    private sealed class Logger(EmulatorLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) log.Write($"{logLevel}: {category}: {formatter(state, exception)}{(exception is null ? "" : $" {exception.GetType().Name}: {exception.Message}")}");
        }
    }
}
