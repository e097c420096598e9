using System.Buffers.Binary;
using System.Text;
using MarketingSwarm.Engine.Conversion;
using static MarketingSwarm.ConversationColumn;
using static MarketingSwarm.ConversionRule;
using static MarketingSwarm.Engine.Tests.Conversion.Cells;

namespace MarketingSwarm.Engine.Tests.Conversion;

public sealed class RowConverterTests
{
    private const string Time = "2025-06-18 18:50:05";

    [Theory]
    [InlineData(UserQuery, "T:")]
    [InlineData(UserQuery, "T:A 🐝 \u0001")]
    [InlineData(AgentResponses, "T:[not JSON")]
    [InlineData(AgentResponses, """T:["\u0000 \ud83d", NaN]""")]
    [InlineData(UserId, "NULL")]
    [InlineData(TotalCost, "R:0.30000000000000004")]
    [InlineData(TotalCost, "R:-Infinity")]
    [InlineData(TotalCost, "NULL")]
    [InlineData(CreatedAt, "T:" + Time + ".000000")]
    [InlineData(CreatedAt, "NULL")]
    [InlineData(CompletedAt, "T:" + Time)]
    [InlineData(CompletedAt, "T:0001-01-01 00:00:00.000001")]
    [InlineData(CompletedAt, "T:9999-12-31 23:59:59.999999")]
    public void WhatPostgreSqlHoldsAsItIsIsPlain(ConversationColumn column, string cell)
    {
        var (isPlain, verdict) = Decide(ToImage(column, cell), Settings());

        Assert.True(isPlain);
        Assert.Null(verdict.RowRule);
        Assert.Empty(verdict.Cells);
    }

    [Theory]
    [InlineData(UserQuery, "B:41C3A9", BlobAsText, "Aé")]
    [InlineData(ErrorMessage, "B:", BlobAsText, "")]
    [InlineData(UserId, "I:-7", NumberAsText, "-7")]
    [InlineData(UserId, "I:-9223372036854775808", NumberAsText, "-9223372036854775808")]
    [InlineData(UserId, "R:0.30000000000000004", NumberAsText, "0.30000000000000004")]
    [InlineData(UserId, "R:5E-324", NumberAsText, "5E-324")]
    [InlineData(UserId, "R:1", NumberAsText, "1")]
    [InlineData(UserId, "R:-Infinity", NumberAsText, "-Infinity")]
    public void TextIsStoredThatGivesTheCellBack(ConversationColumn column, string cell, ConversionRule rule, string stored)
        => AssertConverted(ToImage(column, cell), Settings(), column, rule, Encoding.UTF8.GetBytes(stored));

    [Theory]
    [InlineData(CreatedAt, "T:" + Time, TimestampSpelling, Time)]
    [InlineData(CompletedAt, "T:" + Time + ".000000", TimestampSpelling, Time)]
    [InlineData(CreatedAt, "T:" + Time + ".1", TimestampSpelling, Time + ".1")]
    [InlineData(CreatedAt, "T:2025-06-18T18:50:05.000001", TimestampSpelling, Time + ".000001")]
    [InlineData(CompletedAt, "T:2025-06-18T18:50:05.123Z", TimestampSpelling, Time + ".123")]
    [InlineData(CreatedAt, "T:" + Time + "+05:30", TimestampOffset, "2025-06-18 13:20:05")]
    [InlineData(CreatedAt, "T:" + Time + ".5-0800", TimestampOffset, "2025-06-19 02:50:05.5")]
    [InlineData(CompletedAt, "T:" + Time + "+00", TimestampOffset, Time)]
    [InlineData(CreatedAt, "T:" + Time + ".1234565", TimestampRounded, Time + ".123457")]
    [InlineData(CreatedAt, "T:" + Time + ".12345649999", TimestampRounded, Time + ".123456")]
    [InlineData(CreatedAt, "T:2025-12-31 23:59:59.9999999", TimestampRounded, "2026-01-01 00:00:00")]
    public void TheInstantOfATimeIsStored(ConversationColumn column, string cell, ConversionRule rule, string instant)
        => AssertConverted(ToImage(column, cell), Settings(), column, rule, ToBytes(instant));

    [Theory]
    [InlineData("I:5", "5")]
    [InlineData("I:9007199254740992", "9007199254740992")]
    [InlineData("I:-9223372036854775808", "-9223372036854775808")]
    public void AnIntegerThatADoubleEqualsIsStoredAsReal(string cell, string real)
    {
        var stored = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(stored, double.Parse(real, System.Globalization.CultureInfo.InvariantCulture));

        AssertConverted(ToImage(TotalCost, cell), Settings(), TotalCost, IntegerAsReal, stored);
    }

    [Theory]
    [InlineData(UserId, "X:61006200", NulCharacter)]
    [InlineData(ErrorMessage, "X:00", NulCharacter)]
    [InlineData(UserId, "X:63616661E9", InvalidText)]
    [InlineData(AgentResponses, "X:EDA0BDEDBA80", InvalidText)]
    [InlineData(UserId, "X:C0AF", InvalidText)]
    [InlineData(UserId, "B:00FF10FE", BlobNotText)]
    [InlineData(UserId, "B:6100", BlobNotText)]
    [InlineData(TotalCost, "T:free", NotANumber)]
    [InlineData(TotalCost, "T:12.5", NotANumber)]
    [InlineData(TotalCost, "B:", NotANumber)]
    [InlineData(TotalCost, "I:9007199254740993", NotANumber)]
    [InlineData(TotalCost, "I:9223372036854775807", NotANumber)]
    [InlineData(CreatedAt, "T:", TimestampInvalid)]
    [InlineData(CreatedAt, "T:now", TimestampInvalid)]
    [InlineData(CreatedAt, "T:infinity", TimestampInvalid)]
    [InlineData(CreatedAt, "T:2025-02-30 10:00:00", TimestampInvalid)]
    [InlineData(CreatedAt, "T:2025-06-18 24:00:00", TimestampInvalid)]
    [InlineData(CreatedAt, "T:2025-06-18 18:50:60", TimestampInvalid)]
    [InlineData(CreatedAt, "T:10000-01-01 00:00:00", TimestampInvalid)]
    [InlineData(CreatedAt, "T:20250618", TimestampInvalid)]
    [InlineData(CreatedAt, "I:2025", TimestampInvalid)]
    [InlineData(CreatedAt, "R:2025.5", TimestampInvalid)]
    [InlineData(CreatedAt, "B:323032352D30362D31382031383A35303A3035", TimestampInvalid)]
    [InlineData(CreatedAt, "T:" + Time + ".0000001Z\0", TimestampInvalid)]
    [InlineData(CreatedAt, "I:0", TimestampUnitNotApproved)]
    [InlineData(CreatedAt, "I:1750272605", TimestampUnitNotApproved)]
    [InlineData(CompletedAt, "I:1750272605123", TimestampUnitNotApproved)]
    [InlineData(CompletedAt, "I:1750272605123456", TimestampUnitNotApproved)]
    [InlineData(CompletedAt, "R:2460845.28478", TimestampUnitNotApproved)]
    [InlineData(CompletedAt, "R:1750272605.5", TimestampUnitNotApproved)]
    public void WhatHasNoHomeIsQuarantined(ConversationColumn column, string cell, ConversionRule rule)
    {
        var (isPlain, verdict) = Decide(ToImage(column, cell), Settings());

        Assert.False(isPlain);
        Assert.Null(verdict.RowRule);
        var converted = Assert.Single(verdict.Cells);
        Assert.Equal((column, rule, CellOutcome.Quarantined), (converted.Column, converted.Rule, converted.Outcome));
        Assert.Null(converted.Stored);
        Assert.True(verdict.NeedsAttention);
    }

    [Theory]
    [InlineData(NulAction.Strip, "X:610062", "61 62")]
    [InlineData(NulAction.Replace, "X:610062", "61 E2 90 80 62")]
    [InlineData(NulAction.Base64, "X:610062", "59 51 42 69")]
    [InlineData(NulAction.Strip, "X:0000", "")]
    public void TextWithNulFollowsThePolicy(NulAction action, string cell, string stored)
        => AssertConverted(ToImage(UserQuery, cell), Settings(new ConversionPolicy { OnNul = action }), UserQuery, NulCharacter, Hex(stored));

    [Theory]
    [InlineData(InvalidTextAction.Latin1, "X:93E9", "C2 93 C3 A9")]
    [InlineData(InvalidTextAction.Windows1252, "X:93E981", "E2 80 9C C3 A9 C2 81")]
    [InlineData(InvalidTextAction.Replace, "X:61E9", "61 EF BF BD")]
    public void InvalidTextFollowsThePolicy(InvalidTextAction action, string cell, string stored)
        => AssertConverted(ToImage(UserQuery, cell), Settings(new ConversionPolicy { OnInvalidText = action }), UserQuery, InvalidText, Hex(stored));

    [Fact]
    public void ANulInInvalidTextHasItsOwnPolicy()
    {
        var row = ToImage(ErrorMessage, "X:E90062");

        AssertConverted(row, Settings(new ConversionPolicy { OnInvalidText = InvalidTextAction.Latin1, OnNul = NulAction.Strip }), ErrorMessage, InvalidText, Hex("C3 A9 62"));
        var (_, verdict) = Decide(row, Settings(new ConversionPolicy { OnInvalidText = InvalidTextAction.Latin1 }));
        Assert.Equal((InvalidText, CellOutcome.Quarantined), (Assert.Single(verdict.Cells).Rule, verdict.Cells[0].Outcome));
    }

    [Fact]
    public void TimesFollowThePolicy()
    {
        var offset = ToImage(CreatedAt, $"T:{Time}+05:30");
        AssertConverted(offset, Settings(new ConversionPolicy { OnOffset = OffsetAction.KeepWallClock }), CreatedAt, TimestampOffset, ToBytes(Time));
        AssertQuarantined(offset, new ConversionPolicy { OnOffset = OffsetAction.Quarantine }, TimestampOffset);
        AssertQuarantined(ToImage(CreatedAt, $"T:{Time}.1234567"), new ConversionPolicy { OnLongFraction = LongFractionAction.Quarantine }, TimestampRounded);
    }

    [Theory]
    [InlineData("I:0", TimestampForm.EpochSeconds, "1970-01-01 00:00:00")]
    [InlineData("I:1750272605", TimestampForm.EpochSeconds, "2025-06-18 18:50:05")]
    [InlineData("R:1750272605.5", TimestampForm.EpochSeconds, "2025-06-18 18:50:05.5")]
    [InlineData("I:1750272605123", TimestampForm.EpochMilliseconds, "2025-06-18 18:50:05.123")]
    [InlineData("I:1750272605123456", TimestampForm.EpochMicroseconds, "2025-06-18 18:50:05.123456")]
    [InlineData("R:2460845.28478", TimestampForm.JulianDay, "2025-06-18 18:50:04.992")]
    public void AnApprovedUnitMakesATime(string cell, TimestampForm unit, string instant)
        => AssertConverted(ToImage(CreatedAt, cell), Settings(units: unit), CreatedAt, TimestampNumber, ToBytes(instant));

    [Theory]
    [InlineData("I:1750272605", TimestampForm.EpochSeconds)]
    [InlineData("I:1750272605123", TimestampForm.EpochMilliseconds)]
    [InlineData("I:1750272605123456", TimestampForm.EpochMicroseconds)]
    [InlineData("T:2025-06-18T18:50:05.123Z", TimestampForm.IsoUtcMilliseconds)]
    [InlineData("T:2025-06-18T18:50:05", TimestampForm.IsoNoFraction)]
    public void ATimeInTheColumnsFormIsPlain(string cell, TimestampForm form)
    {
        var row = ToImage((CreatedAt, Parse(cell)), (CompletedAt, ConversationCell.OfNull()));

        Assert.True(Decide(row, Settings(form: form, units: [form])).IsPlain);
    }

    [Theory]
    [InlineData("NULL", KeyNull)]
    [InlineData("X:6B00", KeyNotText)]
    [InlineData("X:FF", KeyNotText)]
    [InlineData("B:00", KeyNotText)]
    public void ARowWithoutAPossibleKeyIsQuarantinedWhole(string key, ConversionRule rule)
    {
        foreach (var policy in (ConversionPolicy[])[ConversionPolicy.Default, new() { OnNul = NulAction.Strip, OnInvalidText = InvalidTextAction.Latin1 }])
        {
            var (isPlain, verdict) = Decide(ToImage(Id, key), Settings(policy, clashing: new HashSet<long>()));
            Assert.False(isPlain);
            Assert.Equal((rule, Id), (verdict.RowRule, verdict.RowColumn));
        }
    }

    [Theory]
    [InlineData("B:3031", BlobAsText, "01")]
    [InlineData("I:1", NumberAsText, "1")]
    [InlineData("R:1.5", NumberAsText, "1.5")]
    public void AKeyThatIsNotTextBecomesTextWhereNoneClashes(string key, ConversionRule rule, string stored)
    {
        AssertConverted(ToImage(Id, key), Settings(clashing: new HashSet<long>()), Id, rule, Encoding.UTF8.GetBytes(stored));

        Assert.Equal(KeyNotText, Decide(ToImage(Id, key), Settings()).Verdict.RowRule);
        Assert.Equal(KeyClash, Decide(ToImage(Id, key), Settings(clashing: new HashSet<long> { 7 })).Verdict.RowRule);
    }

    [Fact]
    public void ANullKeyIsGeneratedWhereThePolicySaysSo()
        => AssertConverted(
            ToImage(Id, "NULL"), Settings(new ConversionPolicy { OnNullKey = NullKeyAction.Generate }, clashing: new HashSet<long>()), Id, KeyGenerated, "null-7"u8.ToArray());

    [Fact]
    public void AKeyLongerThanAnIndexTakesIsQuarantinedAndTheLongestThatFitsIsNot()
    {
        var longest = ConversionSettings.GreatestIndexedLength;

        Assert.True(Decide(ToImage(Id, "T:" + new string('k', longest)), Settings()).IsPlain);
        Assert.Equal(KeyTooLong, Decide(ToImage(Id, "T:" + new string('k', longest + 1)), Settings()).Verdict.RowRule);
        var cell = Assert.Single(Decide(ToImage(UserId, "T:" + new string('u', longest + 1)), Settings()).Verdict.Cells);
        Assert.Equal((TooLongForIndex, CellOutcome.Quarantined), (cell.Rule, cell.Outcome));
    }

    [Theory]
    [InlineData("NULL")]
    [InlineData("X:00")]
    [InlineData("B:FF")]
    public void ARowThatLacksARequiredValueIsQuarantinedWhole(string query)
    {
        var (_, verdict) = Decide(ToImage(UserQuery, query), Settings());

        Assert.Equal((RequiredValueMissing, UserQuery), (verdict.RowRule, verdict.RowColumn));
    }

    private static void AssertConverted(byte[] row, ConversionSettings settings, ConversationColumn column, ConversionRule rule, byte[] stored)
    {
        var (isPlain, verdict) = Decide(row, settings);
        Assert.False(isPlain);
        Assert.Null(verdict.RowRule);
        var cell = Assert.Single(verdict.Cells);
        Assert.Equal((column, rule, CellOutcome.Converted), (cell.Column, cell.Rule, cell.Outcome));
        Assert.Equal(Convert.ToHexString(stored), Convert.ToHexString(cell.Stored!));
        Assert.False(verdict.NeedsAttention);
    }

    private static void AssertQuarantined(byte[] row, ConversionPolicy policy, ConversionRule rule)
    {
        var cell = Assert.Single(Decide(row, Settings(policy)).Verdict.Cells);
        Assert.Equal((rule, CellOutcome.Quarantined, null), (cell.Rule, cell.Outcome, cell.Stored));
    }

    private static (bool IsPlain, RowVerdict Verdict) Decide(byte[] row, ConversionSettings settings)
    {
        var converter = new RowConverter(settings);
        Span<long> times = stackalloc long[2];
        var isPlain = converter.IsPlain(new ConversationImage(row), rowId: 7, times);
        return (isPlain, converter.Judge(new ConversationImage(row), rowId: 7, times));
    }

    // By .NET's own calendar, not by the code under test.
    private static byte[] ToBytes(string instant)
    {
        var time = DateTime.Parse(instant, System.Globalization.CultureInfo.InvariantCulture);
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, (time - new DateTime(2000, 1, 1)).Ticks / 10);
        return bytes;
    }

    private static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
