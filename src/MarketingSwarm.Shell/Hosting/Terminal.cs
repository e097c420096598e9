// The one place where the process's own console is used: what other code writes goes through the host.
#pragma warning disable RS0030
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace MarketingSwarm.Shell.Hosting;

/// <summary>The process's standard streams: what they are connected to, and text without escape sequences for what cannot show them.</summary>
internal sealed partial class Terminal
{
    private const int DefaultWidth = 120;
    private const int DefaultHeight = 50;

    private readonly bool _outputShowsEscapes;
    private readonly bool _errorShowsEscapes;
    private readonly bool _colours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    internal Terminal()
    {
        if (OperatingSystem.IsWindows()) Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var capable = Environment.GetEnvironmentVariable("TERM") != "dumb";
        _outputShowsEscapes = capable && !Console.IsOutputRedirected && EnableEscapes(StandardOutputHandle);
        _errorShowsEscapes = capable && !Console.IsErrorRedirected && EnableEscapes(StandardErrorHandle);
    }

    /// <summary>Keys can be read one by one, and what is typed can be hidden.</summary>
    internal bool InputIsTerminal { get; } = !Console.IsInputRedirected;

    internal bool OutputHasColours => _outputShowsEscapes && _colours;

    internal bool ErrorHasColours => _errorShowsEscapes && _colours;

    /// <summary>A line on standard error can be written again over itself.</summary>
    internal bool ErrorLineCanBeRewritten => _errorShowsEscapes;

    internal int Width => !_outputShowsEscapes && !_errorShowsEscapes ? DefaultWidth : Console.WindowWidth is > 0 and var width ? width : DefaultWidth;

    internal int Height => !_outputShowsEscapes && !_errorShowsEscapes ? DefaultHeight : Console.WindowHeight is > 0 and var height ? height : DefaultHeight;

    internal bool KeyAvailable => InputIsTerminal && Console.KeyAvailable;

    internal string Title
    {
        get => OperatingSystem.IsWindows() && _outputShowsEscapes ? Console.Title : "";
        set
        {
            if (_outputShowsEscapes) Console.Title = value;
        }
    }

    internal void WriteOutput(string text) => Console.Out.Write(Render(text, OutputHasColours));

    internal void WriteError(string text) => Console.Error.Write(Render(text, ErrorHasColours));

    /// <summary>Cursor movements for a line that is rewritten; they are no colours.</summary>
    internal static void WriteErrorControl(string sequence) => Console.Error.Write(sequence);

    /// <summary>A line of standard input, or null at its end.</summary>
    internal static string? ReadLine(CancellationToken cancellation) => ReadInterruptibly(Console.In.ReadLine, cancellation);

    internal static ConsoleKeyInfo ReadKey(bool echo, CancellationToken cancellation)
        => ReadInterruptibly(() => Console.ReadKey(intercept: !echo), cancellation);

    /// <summary>Stops the terminal from showing what is typed; a read of a line shows it again.</summary>
    /// <remarks>The runtime takes the echo over at the first look at the keyboard, and until then the terminal itself echoes.</remarks>
    internal void HideTyping() => _ = KeyAvailable;

    /// <summary>What is typed up to Enter, shown nowhere.</summary>
    internal static SecureString ReadHidden(CancellationToken cancellation)
    {
        var secret = new SecureString();
        while (true)
        {
            var key = ReadKey(echo: false, cancellation);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    return secret;
                case ConsoleKey.Backspace:
                    if (secret.Length > 0) secret.RemoveAt(secret.Length - 1);
                    break;
                case ConsoleKey.U when key.Modifiers == ConsoleModifiers.Control:
                    secret.Clear();
                    break;
                default:
                    if (!char.IsControl(key.KeyChar)) secret.AppendChar(key.KeyChar);
                    break;
            }
        }
    }

    private static string Render(string text, bool colours) => PSStyle.Instance.OutputRendering switch
    {
        OutputRendering.Ansi => text,
        OutputRendering.Host when colours => text,
        _ => new StringDecorated(text).ToString(OutputRendering.PlainText),
    };

    /// <summary>Reads on a thread of its own, since a read of the console cannot be cancelled; the process's end takes it along.</summary>
    private static T ReadInterruptibly<T>(Func<T> read, CancellationToken cancellation)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                result.TrySetResult(read());
            }
            catch (Exception exception)
            {
                result.TrySetException(exception);
            }
        })
        {
            IsBackground = true,
            Name = "Console input",
        };
        thread.Start();
        try
        {
            return result.Task.WaitAsync(cancellation).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    private const int StandardOutputHandle = -11;
    private const int StandardErrorHandle = -12;
    private const uint VirtualTerminalProcessing = 0x4;

    /// <summary>A Windows console shows escape sequences when asked to; every other terminal does.</summary>
    private static bool EnableEscapes(int handle)
    {
        if (!OperatingSystem.IsWindows()) return true;
        var console = GetStdHandle(handle);
        return GetConsoleMode(console, out var mode) && SetConsoleMode(console, mode | VirtualTerminalProcessing);
    }

    [LibraryImport("kernel32"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint GetStdHandle(int handle);

    [LibraryImport("kernel32"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetConsoleMode(nint console, out uint mode);

    [LibraryImport("kernel32"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetConsoleMode(nint console, uint mode);
}
