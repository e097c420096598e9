using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>What the command line says.</summary>
internal sealed record EmulatorOptions
{
    public const string Usage =
        "Usage: MarketingSwarm.Emulator --state DIR --token-file FILE [--port N] [--seed N] [--account EMAIL] [--unpeered] [--stop-with-input] [--fault SPEC]...";

    /// <summary>The port on 127.0.0.1; 0 for a free one.</summary>
    public int Port { get; private init; } = 9020;

    /// <summary>The state folder, as a full path.</summary>
    public string StateFolder { get; private init; } = "";

    /// <summary>The file with the bearer token, as a full path.</summary>
    public string TokenFile { get; private init; } = "";

    /// <summary>Where the faults' dice begin: the same requests meet the same faults.</summary>
    public int Seed { get; private init; } = RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Whether the network <c>default</c> begins without a private connection.</summary>
    public bool Unpeered { get; private init; }

    /// <summary>Whether the end of the standard input ends the emulator.</summary>
    public bool StopsWithInput { get; private init; }

    /// <summary>The e-mail address of whom the token belongs to.</summary>
    public string Account { get; private init; } = Projects.ServiceAccountOf(Projects.OfThisMachine);

    public FaultSet Faults { get; private init; } = FaultSet.None;

    /// <param name="arguments">The command line.</param>
    /// <param name="folder">What relative paths are relative to.</param>
    /// <exception cref="FormatException">The message is one line.</exception>
    public static EmulatorOptions Parse(IReadOnlyList<string> arguments, string folder)
    {
        EmulatorOptions options = new();
        List<string> faults = [];
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            if (name is "--unpeered" or "--stop-with-input")
            {
                options = name == "--unpeered" ? options with { Unpeered = true } : options with { StopsWithInput = true };
                continue;
            }

            if (name is not ("--port" or "--state" or "--token-file" or "--fault" or "--seed" or "--account")) throw new FormatException($"'{name}' is not an option. {Usage}");
            if (++i == arguments.Count) throw new FormatException($"{name} wants a value. {Usage}");
            var value = arguments[i];
            if (name == "--fault") faults.Add(value);
            options = name switch
            {
                "--port" => options with { Port = ParseNumber(name, value, 65535) },
                "--seed" => options with { Seed = ParseNumber(name, value, int.MaxValue) },
                "--account" => options with { Account = ParseAccount(name, value) },
                "--state" => options with { StateFolder = ParsePath(name, value, folder) },
                "--token-file" => options with { TokenFile = ParsePath(name, value, folder) },
                _ => options,
            };
        }

        if (options.StateFolder.Length == 0) throw new FormatException($"--state is missing: the folder that the emulator's state is kept in. {Usage}");
        if (options.TokenFile.Length == 0) throw new FormatException($"--token-file is missing: the file with the token that requests must bear; it is made where it does not exist. {Usage}");
        return options with { Faults = FaultSet.Parse(faults) };
    }

    private static int ParseNumber(string name, string value, int largest)
        => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= largest
            ? number
            : throw new FormatException($"{name} wants a whole number from 0 to {largest}, and got '{value}'.");

    private static string ParseAccount(string name, string value)
        => value.Split('@') is [{ Length: > 0 }, { Length: > 0 }] && Ascii.IsValid(value) && !value.Any(c => char.IsControl(c) || c == ' ')
            ? value
            : throw new FormatException($"{name} wants an e-mail address, and got '{value}'.");

    private static string ParsePath(string name, string value, string folder)
        => value.Length > 0 ? Path.GetFullPath(value, folder) : throw new FormatException($"{name} wants a path, and got an empty one.");
}
