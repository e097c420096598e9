using System.Globalization;
using System.Text;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>A part of a list, as <c>maxResults</c> or <c>pageSize</c> and <c>pageToken</c> ask for it.</summary>
/// <param name="Items">In the list's order.</param>
/// <param name="NextToken">Asks for the next part; null at the end.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextToken);

/// <summary>Cuts lists into pages.</summary>
internal static class Page
{
    /// <param name="items">All of them, in an order that does not change from call to call.</param>
    /// <param name="keyOf">What the order is by; the next page begins after the last one's, even where items came or went between the calls.</param>
    /// <param name="descending">Whether the keys fall.</param>
    /// <param name="size">How many the client asks for; null or 0 for as many as the API gives at most.</param>
    /// <param name="largest">How many the API gives at most.</param>
    /// <param name="token">From the page before; null for the first.</param>
    /// <exception cref="ApiException">The token is none of this list's, or the size is negative.</exception>
    public static Page<T> Of<T>(IEnumerable<T> items, Func<T, string> keyOf, int? size, int largest, string? token, bool descending = false)
    {
        if (size < 0) throw ApiException.InvalidArgument($"The page size must not be negative, and is {size.Value.ToString(CultureInfo.InvariantCulture)}.");
        var count = size is null or 0 ? largest : Math.Min(size.Value, largest);
        if (token is not null)
        {
            var last = Decode(token);
            items = items.Where(item => string.CompareOrdinal(keyOf(item), last) * (descending ? -1 : 1) > 0);
        }

        var page = items.Take(count + 1).ToList();
        if (page.Count <= count) return new Page<T>(page, null);
        page.RemoveAt(count);
        return new Page<T>(page, Convert.ToBase64String(Encoding.UTF8.GetBytes("after:" + keyOf(page[^1]))));
    }

    private static string Decode(string token)
    {
        try
        {
            var text = Encoding.UTF8.GetString(Convert.FromBase64String(token));
            if (text.StartsWith("after:", StringComparison.Ordinal)) return text["after:".Length..];
        }
        catch (FormatException)
        {
        }

        throw ApiException.InvalidArgument("Invalid page token. Use the nextPageToken of the answer before, as it is.");
    }
}
