using Highwater.Engine.Postgres;

namespace Highwater.Engine.Configuration;

/// <summary>Reads where the cluster is and who asks.</summary>
public static class PostgresSettings
{
    public static PostgresOptions Read(SettingsReader reader)
    {
        var password = reader.Secret(SettingNames.PostgresPassword);
        return new PostgresOptions(
            reader.Text(SettingNames.PostgresHost, "localhost"),
            reader.Number(SettingNames.PostgresPort, 5432, 1, 65_535),
            reader.Text(SettingNames.PostgresDatabase, "postgres"),
            reader.Required(SettingNames.PostgresUser, "highwater"),
            password);
    }
}
