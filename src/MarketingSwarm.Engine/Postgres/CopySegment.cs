using System.Text;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>One COPY statement's rows by name, so that "line 4711" of a server's error can be told to a user as an id.</summary>
internal sealed class CopySegment
{
    private const int GreatestName = 64;

    private readonly List<int> _ends = [];
    private byte[] _names = new byte[4096];

    internal int Rows => _ends.Count;

    internal void Add(ReadOnlySpan<byte> id)
    {
        var name = id[..Math.Min(id.Length, GreatestName)];
        var start = _ends.Count == 0 ? 0 : _ends[^1];
        if (start + name.Length > _names.Length) Array.Resize(ref _names, Math.Max(_names.Length * 2, start + name.Length));
        name.CopyTo(_names.AsSpan(start));
        _ends.Add(start + name.Length);
    }

    /// <summary>The id of a line, counted from 1; at most 64 bytes of it.</summary>
    internal string? GetName(int line)
    {
        if (line < 1 || line > _ends.Count) return null;
        var start = line == 1 ? 0 : _ends[line - 2];
        return Encoding.UTF8.GetString(_names, start, _ends[line - 1] - start);
    }
}
