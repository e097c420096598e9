using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MarketingSwarm.Engine.Rehearsal;

/// <summary>What is known of an emulator that was started: a file of the user's own for each state folder, so that other sessions find it.</summary>
internal sealed record EmulatorRecord(string StateFolder, string Endpoint, string Project, int ProcessId, DateTime Started)
{
    // The system tells a process's start a little differently each time it is asked.
    private static readonly TimeSpan StartTolerance = TimeSpan.FromSeconds(5);

    [JsonIgnore]
    internal string TokenFile => GetTokenFile(StateFolder);

    [JsonIgnore]
    internal string LogFile => Path.Combine(StateFolder, "emulator.log");

    internal static string GetTokenFile(string stateFolder) => Path.Combine(stateFolder, "token");

    /// <summary>Those of the emulators that run. A file that a killed one left is deleted.</summary>
    internal static IReadOnlyList<EmulatorRecord> GetRunning()
    {
        var folder = GetFolder();
        if (!Directory.Exists(folder)) return [];

        List<EmulatorRecord> running = [];
        foreach (var file in Directory.EnumerateFiles(folder, "*.json"))
        {
            if (TryRead(file) is { } record && record.IsRunning()) running.Add(record);
            else File.Delete(file);
        }

        return [.. running.OrderBy(record => record.Started)];
    }

    /// <summary>That of the emulator that runs with a state folder; null where there is none.</summary>
    internal static EmulatorRecord? Find(string stateFolder) => GetRunning().FirstOrDefault(record => record.StateFolder == stateFolder);

    internal void Write()
    {
        var folder = GetFolder();
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = GetFile();
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(this, EmulatorRecordJson.Default.EmulatorRecord));
        File.Move(file + ".new", file, overwrite: true);
    }

    internal void Delete()
    {
        // Somebody may have started another one with the same folder since.
        if (TryRead(GetFile()) is { } record && record.ProcessId == ProcessId) File.Delete(GetFile());
    }

    internal bool IsRunning()
    {
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            return !process.HasExited && (process.StartTime.ToUniversalTime() - Started).Duration() < StartTolerance;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private string GetFile() => Path.Combine(GetFolder(), $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(StateFolder)).AsSpan(0, 8))}.json");

    private static string GetFolder()
        => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "MarketingSwarm", "emulators");

    private static EmulatorRecord? TryRead(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), EmulatorRecordJson.Default.EmulatorRecord);
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(EmulatorRecord))]
internal sealed partial class EmulatorRecordJson : JsonSerializerContext;
