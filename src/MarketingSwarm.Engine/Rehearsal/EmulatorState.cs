namespace MarketingSwarm.Engine.Rehearsal;

/// <summary>The state folder of an emulator that has ended.</summary>
internal static class EmulatorState
{
    /// <exception cref="SwarmConfigurationException">It could not be deleted.</exception>
    internal static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else was faster.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.EmulatorStateNotDeleted(folder, exception);
        }
    }
}
