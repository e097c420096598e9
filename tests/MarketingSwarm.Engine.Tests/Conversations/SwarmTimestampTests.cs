using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace MarketingSwarm.Engine.Tests.Conversations;

public sealed class SwarmTimestampTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(Scale.Rows(small: 2000, full: 200_000));

    private static readonly Gen<long> Seconds =
        from day in Gen.Choose(0, DateTime.MaxValue.Subtract(DateTime.MinValue).Days)
        from second in Gen.Choose(0, 86_399)
        select SwarmTimestamp.MinMicroseconds + (day * 86_400L + second) * 1_000_000;

    private static readonly Arbitrary<long> Instants = Gen.OneOf(
        Seconds,
        Seconds.Zip(Gen.Choose(0, 999_999)).Select(pair => pair.Item1 + pair.Item2),
        Gen.Elements(SwarmTimestamp.MinMicroseconds, SwarmTimestamp.MaxMicroseconds, 0, -1, 1)).ToArbitrary();

    [Fact]
    public void WhatIsFormattedIsParsedAgain() => Prop.ForAll(Instants, instant =>
    {
        foreach (var dropsZeroFraction in (bool[])[true, false])
        {
            var text = Format(instant, dropsZeroFraction);
            Assert.True(SwarmTimestamp.TryParse(Encoding.ASCII.GetBytes(text), out var parsed, out var hasFraction), text);
            Assert.Equal(instant, parsed);
            Assert.Equal(text.Length == SwarmTimestamp.LongLength, hasFraction);
            Assert.Equal(dropsZeroFraction && instant % 1_000_000 == 0, !hasFraction);
        }
    }).Check(Many);

    [Fact]
    public void TheFormatIsDotNetsOwn() => Prop.ForAll(Instants, instant =>
    {
        var time = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(instant * TimeSpan.TicksPerMicrosecond);
        Assert.Equal(time.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture), Format(instant, dropsZeroFraction: false));
        Assert.Equal(time, SwarmTimestamp.ToDateTime(instant));
        Assert.Equal(instant, SwarmTimestamp.FromDateTime(time));
        Assert.Equal(instant, SwarmTimestamp.FromDateTime(DateTime.SpecifyKind(time, DateTimeKind.Unspecified)));
    }).Check(Many);

    // One byte more, less or other than a time: then it is a time that .NET reads alike, or none.
    [Fact]
    public void ATextIsATimeForBothOrForNeither()
    {
        var bytes = Gen.Choose(0, 255).Select(value => (byte)value);
        var likely = Gen.Elements("0123456789-: .T"u8.ToArray());
        var edits = from instant in Instants.Generator
                    from dropsZeroFraction in Gen.Elements(true, false)
                    from position in Gen.Choose(0, SwarmTimestamp.LongLength)
                    from kind in Gen.Choose(0, 3)
                    from other in Gen.OneOf(bytes, likely)
                    select Edit(Encoding.ASCII.GetBytes(Format(instant, dropsZeroFraction)), position, kind, other);
        Prop.ForAll(edits.ToArbitrary(), text =>
        {
            var expected = DateTime.TryParseExact(
                Encoding.Latin1.GetString(text), ["yyyy-MM-dd HH:mm:ss.ffffff", "yyyy-MM-dd HH:mm:ss"], CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time);
            Assert.Equal(expected, SwarmTimestamp.TryParse(text, out var instant, out _));
            if (expected) Assert.Equal(time, SwarmTimestamp.ToDateTime(instant));
        }).Check(Many);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2025-06-18")]
    [InlineData("2025-06-18T18:50:05")]
    [InlineData("2025-06-18 18:50:05Z")]
    [InlineData("2025-06-18 18:50:05.123")]
    [InlineData("2025-06-18 18:50:05.1234567")]
    [InlineData("2025-02-29 00:00:00")]
    [InlineData("2025-06-18 24:00:00")]
    [InlineData("2025-06-18 18:50:60")]
    [InlineData("0000-06-18 18:50:05")]
    [InlineData("10000-01-01 00:00:00")]
    [InlineData("2025-06-18 18:50:05+00:00")]
    [InlineData("２025-06-18 18:50:05")]
    [InlineData("2025-06-18 18:50:05.-00001")]
    [InlineData("now")]
    [InlineData("infinity")]
    public void OtherFormsAreNoTime(string text) => Assert.False(SwarmTimestamp.TryParse(Encoding.UTF8.GetBytes(text), out _, out _));

    [Fact]
    public void ALocalTimeIsTurnedIntoUtc()
    {
        var local = new DateTime(2025, 6, 18, 18, 50, 5, DateTimeKind.Local);

        Assert.Equal(local.ToUniversalTime(), SwarmTimestamp.ToDateTime(SwarmTimestamp.FromDateTime(local)));
    }

    private static string Format(long instant, bool dropsZeroFraction)
    {
        Span<byte> text = stackalloc byte[SwarmTimestamp.LongLength];
        return Encoding.ASCII.GetString(text[..SwarmTimestamp.Format(instant, dropsZeroFraction, text)]);
    }

    private static byte[] Edit(byte[] text, int position, int kind, byte other)
    {
        position = Math.Min(position, text.Length - 1);
        return kind switch
        {
            0 => text,
            1 => [.. text[..position], other, .. text[position..]],
            2 => [.. text[..position], .. text[(position + 1)..]],
            _ => [.. text[..position], other, .. text[(position + 1)..]],
        };
    }
}
