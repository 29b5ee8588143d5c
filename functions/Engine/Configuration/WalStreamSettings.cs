using System.Text.RegularExpressions;
using Highwater.Engine.WalArchiving.Streaming;

namespace Highwater.Engine.Configuration;

/// <summary>Reads how WAL is streamed.</summary>
public static partial class WalStreamSettings
{
    private const long Megabyte = 1 << 20;
    private const int MostMegabytes = 100_000_000;

    public static WalStreamOptions Read(SettingsReader reader)
    {
        var defaults = WalStreamOptions.Default;
        var slot = reader.Text(SettingNames.WalStreamSlot, defaults.Slot);
        if (!SlotName.IsMatch(slot))
            reader.Fault(
                SettingNames.WalStreamSlot,
                $"'{slot}' is not the name of a replication slot: at most 63 lower-case letters, digits and "
                + "underscores",
                $"{SettingNames.WalStreamSlot}={defaults.Slot}");
        var usual = (int)(defaults.LagWarnBytes / Megabyte);
        var warn = reader.Number(SettingNames.WalSlotLagWarn, usual, 1, MostMegabytes);
        var limit = reader.Number(SettingNames.WalSlotLagLimit, 0, 0, MostMegabytes);
        var action = reader.OneOf(SettingNames.WalSlotLagAction, defaults.LagAction);
        if (action != SlotLagAction.Keep && limit == 0)
            reader.Fault(
                SettingNames.WalSlotLagAction,
                $"'{action.ToString().ToLowerInvariant()}' is never done without a limit",
                $"{SettingNames.WalSlotLagLimit}=20480");
        return defaults with
        {
            Slot = slot,
            Acknowledge = reader.OneOf(SettingNames.WalStreamAcknowledge, defaults.Acknowledge),
            LagWarnBytes = warn * Megabyte,
            LagLimitBytes = limit * Megabyte,
            LagAction = action,
        };
    }

    // ReplicationSlotValidateName in replication/slot.c.
    [GeneratedRegex("^[a-z0-9_]{1,63}\\z")]
    private static partial Regex SlotName { get; }
}
