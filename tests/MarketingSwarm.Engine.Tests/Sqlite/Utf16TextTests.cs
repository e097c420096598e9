using System.Text;
using System.Text.Unicode;
using FsCheck;
using FsCheck.Fluent;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Tests.Sqlite;

public sealed class Utf16TextTests
{
    // Surrogates and the borders of UTF-8's lengths as often as all other units together.
    private static Gen<byte[]> Texts { get; } =
        from units in Gen.OneOf(
            Gen.Choose(0, 0xFFFF), Gen.Choose(0xD800, 0xDFFF), Gen.Elements(0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xFEFF, 0xFFFE, 0xFFFF)).ArrayOf()
        from isOdd in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        from odd in Gen.Choose(0, 255)
        select (byte[])[.. units.SelectMany(unit => new[] { (byte)unit, (byte)(unit >> 8) }), .. isOdd ? [(byte)odd] : Array.Empty<byte>()];

    [Fact]
    public void AnySequenceOfUnitsComesBack() => Prop.ForAll(Texts.ToArbitrary(), bytes =>
    {
        foreach (var bigEndian in (bool[])[false, true])
        {
            var wtf8 = ToWtf8(bytes, bigEndian);
            var back = new byte[Utf16Text.GetMaxUtf16Length(wtf8.Length)];
            Assert.True(Utf16Text.TryFromWtf8(wtf8, bigEndian, back, out var length));
            Assert.Equal(bytes, back[..length]);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void WhatIsUtf16BecomesWhatTheRuntimeMakesOfItAndAllElseIsNoUtf8() => Prop.ForAll(Texts.ToArbitrary(), bytes =>
    {
        foreach (var bigEndian in (bool[])[false, true])
        {
            var strict = new UnicodeEncoding(bigEndian, byteOrderMark: false, throwOnInvalidBytes: true);
            var wtf8 = ToWtf8(bytes, bigEndian);
            try
            {
                Assert.Equal(Encoding.UTF8.GetBytes(strict.GetString(bytes)), wtf8);
            }
            catch (ArgumentException)
            {
                Assert.False(Utf8.IsValid(wtf8));
            }
        }
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("FF")]
    [InlineData("C3")]
    [InlineData("EDA0")]
    [InlineData("ED9FED")]
    [InlineData("FF4141")]
    [InlineData("C0AF")]
    public void OtherBytesAreNoTextOfUtf16(string bytes)
        => Assert.False(Utf16Text.TryFromWtf8(Convert.FromHexString(bytes), bigEndian: false, new byte[20], out _));

    private static byte[] ToWtf8(byte[] utf16, bool bigEndian)
    {
        var wtf8 = new byte[Utf16Text.GetMaxWtf8Length(utf16.Length)];
        return wtf8[..Utf16Text.ToWtf8(utf16, bigEndian, wtf8)];
    }
}
