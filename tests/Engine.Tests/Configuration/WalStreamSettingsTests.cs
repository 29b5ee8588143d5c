using Highwater.Engine.Configuration;
using Highwater.Engine.WalArchiving.Streaming;
using Microsoft.Extensions.Configuration;

namespace Highwater.Engine.Tests.Configuration;

public sealed class WalStreamSettingsTests
{
    [Fact]
    public void Nothing_set_is_the_documented_default()
    {
        var (options, faults) = Read();

        Assert.Empty(faults);
        Assert.Equal(WalStreamOptions.Default, options);
        Assert.Equal("highwater", options.Slot);
    }

    [Fact]
    public void What_is_set_is_read()
    {
        var (options, faults) = Read(
            ("WAL_STREAM_SLOT", "site_2"), ("WAL_STREAM_ACKNOWLEDGE", "all"), ("WAL_SLOT_LAG_WARN_MB", "5"),
            ("WAL_SLOT_LAG_LIMIT_MB", "6"), ("WAL_SLOT_LAG_ACTION", "drop"));

        Assert.Empty(faults);
        Assert.Equal(
            WalStreamOptions.Default with
            {
                Slot = "site_2",
                Acknowledge = WalAcknowledgement.All,
                LagWarnBytes = 5 << 20,
                LagLimitBytes = 6 << 20,
                LagAction = SlotLagAction.Drop,
            },
            options);
    }

    [Theory]
    [InlineData("WAL_STREAM_SLOT", "High-Water")]
    [InlineData("WAL_STREAM_SLOT", "a234567890123456789012345678901234567890123456789012345678901234")]
    [InlineData("WAL_STREAM_ACKNOWLEDGE", "remote")]
    [InlineData("WAL_SLOT_LAG_LIMIT_MB", "-1")]
    [InlineData("WAL_SLOT_LAG_ACTION", "release")] // without a limit it would never be done
    public void What_cannot_be_meant_is_a_fault_that_names_the_setting(string name, string value) =>
        Assert.Equal(name, Assert.Single(Read((name, value)).Faults).Setting);

    private static (WalStreamOptions Options, IReadOnlyList<SettingFault> Faults) Read(
        params (string Name, string Value)[] settings)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(
            settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value)).Build());
        return (WalStreamSettings.Read(reader), reader.Faults);
    }
}
