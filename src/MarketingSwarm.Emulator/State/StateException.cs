namespace MarketingSwarm.Emulator.State;

/// <summary>The state folder cannot be used; the message says why, in whole sentences.</summary>
internal sealed class StateException(string message, Exception? innerException = null) : Exception(message, innerException);
