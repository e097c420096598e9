using System.Globalization;
using System.Text;
using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Tests.Conversion;

public sealed class TimestampTextTests
{
    private const string ReadScript = """
        from datetime import datetime, timezone, timedelta
        print("ready")
        for line in sys.stdin:
            time = datetime.fromisoformat(line.rstrip("\n"))
            if time.tzinfo is None: time = time.replace(tzinfo=timezone.utc)
            print((time - datetime(2000, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1))
        """;

    // Every separator, number of digits that Python reads, zone, and the edges of days, months and years.
    private static readonly string[] Times =
    [
        .. from date in (string[])["0001-01-02", "1582-10-15", "1900-02-28", "1969-12-31", "2000-02-29", "2024-02-29", "2025-06-18", "9999-12-30"]
           from separator in (string[])[" ", "T"]
           from clock in (string[])["00:00:00", "18:50:05", "23:59:59"]
           from fraction in (string[])["", ".000000", ".000001", ".123456", ".999999", ".123"]
           from zone in (string[])["", "Z", "+00:00", "+05:30", "-08:00", "+15:59", "-15:59"]
           select date + separator + clock + fraction + zone,
    ];

    [Fact]
    public void TheInstantIsPythons()
    {
        using var python = RunningPython.Start(ReadScript);
        // Python before 3.11 reads no Z.
        foreach (var time in Times) python.Send(time.Replace("Z", "+00:00", StringComparison.Ordinal));
        var expected = python.Finish().Select(line => long.Parse(line, CultureInfo.InvariantCulture)).ToArray();

        Assert.Equal(expected, Times.Select(time => Read(time)!.Value.Microseconds));
    }

    [Theory]
    [InlineData("2025-06-18 18:50:05.123456", TimestampForm.SixDigits)]
    [InlineData("2025-06-18 18:50:05", TimestampForm.NoFraction)]
    [InlineData("2025-06-18T18:50:05.123456", TimestampForm.IsoSixDigits)]
    [InlineData("2025-06-18T18:50:05", TimestampForm.IsoNoFraction)]
    [InlineData("2025-06-18T18:50:05.123456Z", TimestampForm.IsoUtcSixDigits)]
    [InlineData("2025-06-18T18:50:05.123Z", TimestampForm.IsoUtcMilliseconds)]
    [InlineData("2025-06-18T18:50:05Z", TimestampForm.IsoUtcNoFraction)]
    [InlineData("2025-06-18T18:50:05+00:00", TimestampForm.Offset)]
    [InlineData("2025-06-18 18:50:05+00", TimestampForm.Offset)]
    [InlineData("2025-06-18 18:50:05-0330", TimestampForm.Offset)]
    [InlineData("2025-06-18 18:50:05.1234567+02:00", TimestampForm.LongFraction)]
    [InlineData("2025-06-18 18:50:05.1234560", TimestampForm.LongFraction)]
    [InlineData("2025-06-18 18:50:05Z", TimestampForm.OtherText)]
    [InlineData("2025-06-18 18:50:05.1", TimestampForm.OtherText)]
    [InlineData("2025-06-18T18:50:05.123", TimestampForm.OtherText)]
    public void TheFormIsTold(string text, TimestampForm form) => Assert.Equal(form, Read(text)!.Value.Form);

    [Theory]
    [InlineData("2025-06-18t18:50:05")]
    [InlineData("2025-06-18_18:50:05")]
    [InlineData("2025-06-18 18:50")]
    [InlineData("2025-06-18 18:50:05.")]
    [InlineData("2025-06-18 18:50:05,123")]
    [InlineData("2025-06-18 18:50:05 Z")]
    [InlineData("2025-06-18 18:50:05z")]
    [InlineData("2025-06-18 18:50:05 +05:30")]
    [InlineData("2025-06-18 18:50:05+5:30")]
    [InlineData("2025-06-18 18:50:05+05:60")]
    [InlineData("2025-06-18 18:50:05+16:00")]
    [InlineData("2025-06-18 18:50:05+05:3")]
    [InlineData("2025-06-18 18:50:05+-5:30")]
    [InlineData("2025-06-18 18:50:05+05-30")]
    [InlineData("2025-06-18 18:50:05UTC")]
    [InlineData("2025-06-18 18:50:05\n")]
    [InlineData(" 2025-06-18 18:50:05")]
    [InlineData("２025-06-18 18:50:05")]
    [InlineData("2025-13-01 00:00:00")]
    [InlineData("2025-00-01 00:00:00")]
    [InlineData("1900-02-29 00:00:00")]
    [InlineData("0000-01-01 00:00:00")]
    [InlineData("-001-01-01 00:00:00")]
    [InlineData("0001-01-01 00:00:00+00:01")]
    [InlineData("9999-12-31 23:59:59-00:01")]
    [InlineData("9999-12-31 23:59:59.9999995")]
    public void WhatIsNoTimeOfCertainInstantIsNone(string text) => Assert.Null(Read(text));

    [Theory]
    [InlineData(99_999_999L, TimestampForm.None)]
    [InlineData(100_000_000L, TimestampForm.EpochSeconds)]
    [InlineData(9_999_999_999L, TimestampForm.EpochSeconds)]
    [InlineData(10_000_000_000L, TimestampForm.None)]
    [InlineData(100_000_000_000L, TimestampForm.EpochMilliseconds)]
    [InlineData(10_000_000_000_000L, TimestampForm.None)]
    [InlineData(100_000_000_000_000L, TimestampForm.EpochMicroseconds)]
    [InlineData(10_000_000_000_000_000L, TimestampForm.None)]
    [InlineData(-1_750_272_605L, TimestampForm.None)]
    [InlineData(0L, TimestampForm.EpochSeconds)]
    public void AnIntegersUnitFollowsFromItsSize(long value, TimestampForm form) => Assert.Equal(form, TimestampText.ReadInteger(value).Form);

    [Theory]
    [InlineData(double.NaN, TimestampForm.None)]
    [InlineData(double.PositiveInfinity, TimestampForm.None)]
    [InlineData(2_415_020.5, TimestampForm.JulianDay)]
    [InlineData(2_488_069.5, TimestampForm.None)]
    [InlineData(1_750_272_605.25, TimestampForm.EpochSeconds)]
    [InlineData(1_750_272_605_123.0, TimestampForm.None)]
    public void ARealsUnitFollowsFromItsSize(double value, TimestampForm form) => Assert.Equal(form, TimestampText.ReadReal(value).Form);

    [Fact]
    public void AJulianDayIsWhatSqliteMakesOfIt()
    {
        using var folder = new TempFolder();
        double[] days = [2_460_845.28478, 2_440_587.5, 2_451_544.5, 2_415_020.5, 2_460_845.123456789, 2_488_069.4];
        var expected = Sqlite3.Run(
            folder.File("any.db"), string.Concat(days.Select(day => FormattableString.Invariant($"SELECT strftime('%Y-%m-%d %H:%M:%f', {day:R});"))));

        Assert.Equal(expected, days.Select(day => SwarmTimestamp.ToDateTime(TimestampText.ReadReal(day).Microseconds).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)));
    }

    private static ParsedTimestamp? Read(string text) => TimestampText.TryParse(Encoding.UTF8.GetBytes(text), out var time) ? time : null;
}
