namespace MarketingSwarm.Engine.Samples;

/// <summary>
///   SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). <see cref="Random"/> promises no sequence
///   across versions of .NET; a sample's content is fixed by its seed. Each row has a sequence of its own, so that a row
///   depends on no other.
/// </summary>
internal sealed class SampleRandom
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong _state;

    internal SampleRandom(long seed, long row) => _state = Mix(Mix((ulong)seed + Gamma) ^ (ulong)row);

    internal ulong Next() => Mix(_state += Gamma);

    /// <summary>A number from 0 to one below <paramref name="bound"/>.</summary>
    internal long Below(long bound) => (long)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>True once in so many times.</summary>
    internal bool OneIn(int times) => Below(times) == 0;

    internal T Pick<T>(T[] items) => items[Below(items.Length)];

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
