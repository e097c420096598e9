namespace MarketingSwarm.Packer;

/// <summary>A file of the package.</summary>
/// <param name="Path">Relative to the module's folder, with slashes.</param>
/// <param name="Content">Its bytes, as they are shipped.</param>
internal sealed record PackedFile(string Path, byte[] Content);
