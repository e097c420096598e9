namespace MarketingSwarm.Packer;

/// <summary>Why nothing was packed, and what to do about it.</summary>
internal sealed class PackingException(string message) : Exception(message);
