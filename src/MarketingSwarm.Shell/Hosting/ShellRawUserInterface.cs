using System.Management.Automation.Host;
using System.Text;

namespace MarketingSwarm.Shell.Hosting;

/// <summary>The size of the screen, for the formatter, and keys. The Shell has no screen buffer to read or to write.</summary>
internal sealed class ShellRawUserInterface(Terminal terminal, CancellationToken stop) : PSHostRawUserInterface
{
    public override ConsoleColor ForegroundColor
    {
        get => ConsoleColor.Gray;
        set => throw NoScreenBuffer();
    }

    public override ConsoleColor BackgroundColor
    {
        get => ConsoleColor.Black;
        set => throw NoScreenBuffer();
    }

    public override Size BufferSize
    {
        get => WindowSize;
        set => throw NoScreenBuffer();
    }

    public override Size WindowSize
    {
        get => new(terminal.Width, terminal.Height);
        set => throw NoScreenBuffer();
    }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Coordinates WindowPosition
    {
        get => new(0, 0);
        set => throw NoScreenBuffer();
    }

    public override Coordinates CursorPosition
    {
        get => throw NoScreenBuffer();
        set => throw NoScreenBuffer();
    }

    public override int CursorSize
    {
        get => throw NoScreenBuffer();
        set => throw NoScreenBuffer();
    }

    public override string WindowTitle
    {
        get => terminal.Title;
        set => terminal.Title = value;
    }

    public override bool KeyAvailable => terminal.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (!terminal.InputIsTerminal) throw new HostException("Standard input is redirected: there is no key to be read. Run the script at a terminal.");
        var key = Terminal.ReadKey(echo: !options.HasFlag(ReadKeyOptions.NoEcho), stop);
        var state = default(ControlKeyStates);
        if (key.Modifiers.HasFlag(ConsoleModifiers.Shift)) state |= ControlKeyStates.ShiftPressed;
        if (key.Modifiers.HasFlag(ConsoleModifiers.Control)) state |= ControlKeyStates.LeftCtrlPressed;
        if (key.Modifiers.HasFlag(ConsoleModifiers.Alt)) state |= ControlKeyStates.LeftAltPressed;
        return new KeyInfo((int)key.Key, key.KeyChar, state, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (terminal.KeyAvailable) Terminal.ReadKey(echo: false, stop);
    }

    public override int LengthInBufferCells(char source) => Rune.TryCreate(source, out var rune) ? TextWidth.Measure(rune) : 1;

    public override int LengthInBufferCells(string source) => TextWidth.Measure(source);

    public override int LengthInBufferCells(string source, int offset) => TextWidth.Measure(source[offset..]);

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw NoScreenBuffer();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw NoScreenBuffer();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw NoScreenBuffer();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw NoScreenBuffer();

    private static HostException NoScreenBuffer() => new("The Shell writes line by line and has no screen buffer. Use $PSStyle for colours.");
}
